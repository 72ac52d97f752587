namespace Ledger.Http.Tests.Hosting;

/// <summary>What measures the memory of the whole process, in which no other test may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
