using System.Globalization;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Chaos;

/// <summary>Every cancel that was answered 2xx is in the stream, for a kill at any instant (docs/domain.md#p1).</summary>
public sealed class KilledUnderLoadTests : IDisposable
{
    private const int Kills = 4;
    private const int CancelsBeforeEachKill = 60;

    private readonly LedgerPlace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task No_accepted_cancel_is_lost_when_the_host_is_killed()
    {
        var accepted = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var ledger = await LedgerProcess.StartAsync(place);
            var load = new CancelLoad(ledger);
            await Eventually.Become(() => load.Accepted.Count >= CancelsBeforeEachKill, TimeSpan.FromSeconds(60));
            await ledger.KillAsync();
            Remember(await load.StopAsync(), accepted);
        }

        await using var survivor = await LedgerProcess.StartAsync(place);
        await EveryCancelIsInItsStreamAsync(survivor, accepted);
        (await survivor.TerminateAsync()).ShouldBe(0);
        ProcessTable.Mentioning(place.Directory).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_accepted_cancel_is_lost_when_PostgreSQL_is_killed()
    {
        var accepted = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var ledger = await LedgerProcess.StartAsync(place);
        for (var kill = 0; kill < Kills; kill++)
        {
            var load = new CancelLoad(ledger);
            await Eventually.Become(() => load.Accepted.Count >= CancelsBeforeEachKill, TimeSpan.FromSeconds(90));
            ChildProcess.KillProcess(PostmasterId());
            var before = load.Accepted.Count;
            await Eventually.Become(() => load.Accepted.Count > before + 5, TimeSpan.FromSeconds(90), "cancels are accepted again");
            Remember(await load.StopAsync(), accepted);
        }

        await EveryCancelIsInItsStreamAsync(ledger, accepted);
    }

    private static void Remember(IReadOnlyDictionary<string, string> load, Dictionary<string, string> accepted)
    {
        foreach (var (session, cancel) in load)
        {
            accepted[session] = cancel;
        }
    }

    private static async Task EveryCancelIsInItsStreamAsync(LedgerProcess ledger, Dictionary<string, string> accepted)
    {
        accepted.Count.ShouldBeGreaterThanOrEqualTo(Kills * CancelsBeforeEachKill);
        foreach (var (sessionId, cancelId) in accepted)
        {
            var events = await ledger.GetAsync($"/ledger/sessions/{sessionId}/events");
            var requested = events.EnumerateArray().Where(e => e.GetProperty("type").GetString() == "cancel_requested").ToList();
            requested.ShouldHaveSingleItem().GetProperty("data").GetProperty("cancelId").GetString().ShouldBe(cancelId);
        }
    }

    private int PostmasterId()
    {
        var file = Directory.EnumerateFiles(place.Directory, "postmaster.pid", SearchOption.AllDirectories).Single();
        return int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture);
    }
}
