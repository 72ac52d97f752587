using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Projections;

/// <summary>Of two hosts, the one that keeps the projections stands still past its lease and then goes on (docs/domain.md#p13).</summary>
public sealed class StoppedOwnerTests : IDisposable
{
    private readonly TestDatabase database = new();
    private readonly LedgerPlace place;

    public StoppedOwnerTests() => place = new LedgerPlace
    {
        ConnectionString = database.ConnectionString,
        Arguments = ["--Ledger:Projections:LeaseSeconds=2"],
    };

    public void Dispose()
    {
        place.Dispose();
        database.Dispose();
    }

    [Fact]
    public async Task The_other_host_takes_over_and_the_first_stands_by_when_it_goes_on()
    {
        await using var first = await LedgerProcess.StartAsync(place);
        await first.CatchUpAsync();
        var owner = await Eventually.Become(() => OwnersAsync(first), owners => owners is [not ""]);
        await using var second = await LedgerProcess.StartAsync(place);
        await ManyEvents.WriteAsync(database.ConnectionString, place.AccountId, 2_000);

        // In the midst of its work.
        first.StandStill();
        try
        {
            await Eventually.Become(
                async () => await OwnersAsync(second) is [var other] && other != owner[0],
                TimeSpan.FromSeconds(60),
                "the other host owns all projections");
            await ManyEvents.WriteAsync(database.ConnectionString, place.AccountId, 500);
            await second.CatchUpAsync();
        }
        finally
        {
            first.GoOn();
        }

        await Eventually.Become(
            async () => (await first.ProjectionsAsync()).Values.All(entry => entry.GetProperty("state").GetString() == "standby"),
            TimeSpan.FromSeconds(60),
            "the first host stands by");
        await ManyEvents.WriteAsync(database.ConnectionString, place.AccountId, 500);
        await second.CatchUpAsync();
        (await OwnersAsync(first)).ShouldNotContain(owner[0]);
        foreach (var projection in (await second.ProjectionsAsync()).Keys)
        {
            if (await first.RebuildAsync(projection))
            {
                (await second.DifferencesAsync(projection)).ShouldBe(0, projection);
            }
        }
    }

    private static async Task<string[]> OwnersAsync(LedgerProcess ledger) =>
        [.. (await ledger.ProjectionsAsync()).Values.Select(entry => entry.GetProperty("owner").GetString() ?? "").Distinct()];
}
