using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Ledger.EndToEnd.SecondsCount+First", "Ledger.EndToEnd")]

namespace Ledger.EndToEnd;

/// <summary>
/// Tests that wait for leases and hosts to run out, one after another: what else waits would wait longer. They begin first, since they take
/// longest and leave the processors to others.
/// </summary>
[CollectionDefinition(Name)]
public sealed class SecondsCount
{
    public const string Name = "Seconds count";

    /// <summary>Their place among the collections.</summary>
    public sealed class First : ITestCollectionOrderer
    {
        /// <inheritdoc/>
        public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
            testCollections.OrderBy(collection => collection.DisplayName != Name);
    }
}
