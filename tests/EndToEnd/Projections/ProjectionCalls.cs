using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Projections;

/// <summary>What tests ask of the projections, over HTTP.</summary>
internal static class ProjectionCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>All projections, by name.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> ProjectionsAsync(this LedgerProcess ledger) =>
        (await ledger.GetAsync("/ledger/projections")).GetProperty("entries").EnumerateArray()
        .ToDictionary(entry => entry.GetProperty("name").GetString()!, StringComparer.Ordinal);

    /// <summary>Waits until every projection has everything.</summary>
    public static Task CatchUpAsync(this LedgerProcess ledger) => Eventually.Become(
        async () => (await ledger.ProjectionsAsync()).Values.All(entry => entry.GetProperty("lag").GetInt64() == 0), Patience, "all have caught up");

    /// <summary>Asks for a rebuild; false for a reaction, which keeps no rows.</summary>
    public static async Task<bool> RebuildAsync(this LedgerProcess ledger, string projection)
    {
        using var response = await ledger.Client.PostAsync($"/ledger/projections/{projection}/rebuild", null);
        return response.IsSuccessStatusCode;
    }

    /// <summary>Waits until the rebuild is done, and gives the number of rows that were not as they should be.</summary>
    public static async Task<long> DifferencesAsync(this LedgerProcess ledger, string projection)
    {
        var rebuild = await Eventually.Become(
            async () => (await ledger.ProjectionsAsync())[projection].GetProperty("rebuild"),
            entry => entry.GetProperty("state").GetString() is "done" or "failed",
            Patience,
            $"the rebuild of {projection} ends");
        rebuild.GetProperty("state").GetString().ShouldBe("done", rebuild.ToString());
        return rebuild.GetProperty("differences").GetInt64();
    }
}
