using System.Diagnostics;
using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Npgsql;
using Xunit.Abstractions;

namespace Ledger.EndToEnd.Projections;

/// <summary>Of two hosts one is killed, or stands still and then goes on: the other keeps all projections within seconds (docs/domain.md#p13).</summary>
[Collection("Seconds count")]
public sealed class TakeOverTests : IDisposable
{
    private const int SigKill = 137;

    // The projections, and two reactions.
    private const int Shards = 3;

    // All in all: until the host counts as gone, its work has been given away, and what has happened meanwhile is counted.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(5);

    private readonly TestDatabase database = new();
    private readonly LedgerPlace place;
    private readonly ITestOutputHelper output;
    private long sessions;

    public TakeOverTests(ITestOutputHelper output)
    {
        this.output = output;
        place = new LedgerPlace { ConnectionString = database.ConnectionString };
    }

    public void Dispose()
    {
        place.Dispose();
        database.Dispose();
    }

    [Fact]
    public async Task The_other_host_takes_over_when_one_is_killed()
    {
        await using var first = await LedgerProcess.StartAsync(place);
        await using var second = await LedgerProcess.StartAsync(place);
        await BothWorkAsync();
        await WriteAsync(2_000);

        // In the midst of its work.
        await first.KillAsync();
        await TakenOverAsync();
        await CountedOnceAsync(second);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_other_host_takes_over_when_one_stands_still_and_that_one_leaves_when_it_goes_on(bool leads)
    {
        // The first one leads.
        await using var first = await LedgerProcess.StartAsync(place);
        await using var second = await LedgerProcess.StartAsync(place);
        var (frozen, other) = leads ? (first, second) : (second, first);
        await BothWorkAsync();
        await WriteAsync(2_000);

        // In the midst of its work.
        frozen.StandStill();
        var clock = Stopwatch.StartNew();
        try
        {
            await TakenOverAsync();

            // A host that stood still for a moment only may go on.
            await Eventually.Become(() => clock.Elapsed > LongEnough, expectation: "it has stood still for long enough");
        }
        finally
        {
            frozen.GoOn();
        }

        (await frozen.ExitCodeAsync()).ShouldBe(SigKill);
        frozen.Output.ShouldContain(line => line.Contains("This host stood still for", StringComparison.Ordinal), string.Join('\n', frozen.Output));

        // As its supervisor starts it anew.
        await using var third = await LedgerProcess.StartAsync(place);
        await WriteAsync(500);
        await CountedOnceAsync(other);
    }

    /// <summary>Each host has something to do, and so something to be taken over.</summary>
    private Task BothWorkAsync() => Eventually.Become(
        async () => await ScalarAsync("select count(distinct node_id) from wolverine.wolverine_node_assignments where id like 'event-subscriptions:%'") == 2,
        Patience,
        "both hosts work");

    private async Task WriteAsync(int count)
    {
        await ManyEvents.WriteAsync(database.ConnectionString, place.AccountId, count);
        sessions += count;
    }

    /// <summary>Everything that follows the log has come to what is written from now on.</summary>
    private async Task TakenOverAsync()
    {
        var clock = Stopwatch.StartNew();
        await WriteAsync(500);
        var head = await ScalarAsync("select max(seq_id) from ledger.mt_events");
        await Eventually.Become(
            async () => await ScalarAsync($"select count(*) from ledger.mt_event_progression where name like '%:All' and last_seq_id >= {head}") == Shards,
            Patience,
            "the other host has taken over");
        output.WriteLine($"Taken over after {clock.Elapsed.TotalSeconds:0.0} s.");
    }

    private async Task CountedOnceAsync(LedgerProcess ledger)
    {
        await ledger.CatchUpAsync();
        (await ScalarAsync("select count(*) from ledger.session_list")).ShouldBe(sessions);
        foreach (var projection in (await ledger.ProjectionsAsync()).Keys)
        {
            if (await ledger.RebuildAsync(projection))
            {
                (await ledger.DifferencesAsync(projection)).ShouldBe(0, projection);
            }
        }
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() as long? ?? 0;
    }
}
