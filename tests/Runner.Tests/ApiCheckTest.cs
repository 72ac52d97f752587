using System.Text.Json.Nodes;
using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

/// <summary>Tests of checks that make one request, to a site of the test's own.</summary>
public abstract class ApiCheckTest : IAsyncLifetime
{
    private protected FakeSite Site { get; private set; } = null!;

    private protected RunnerUnderTest Runner { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Site = await FakeSite.StartAsync();
        Runner = await RunnerUnderTest.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Runner.DisposeAsync();
        await Site.DisposeAsync();
    }

    private protected async Task<JsonNode> PerformAsync(object apiRequest, Dictionary<string, string>? environment = null) =>
        await Runner.Ledger.FinalAsync(Runner.Ledger.Enqueue(FakeRun.With(new { apiRequest, environment })));

    private protected static object Assertion(string source, string comparison, string target, string property = "") =>
        new { source, property, comparison, target, regex = (string?)null };

    private protected static object Pair(string key, string value) => new { key, value };
}
