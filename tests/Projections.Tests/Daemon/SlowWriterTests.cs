using Ledger.Projections.SessionList;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>No projection leaves an event out, nor stalls for good, when a writer is slow: positions become visible out of order.</summary>
public sealed class SlowWriterTests : RecomputationTest
{
    [Fact]
    public async Task A_writer_that_commits_late_makes_no_projection_skip_or_stall()
    {
        var daemon = await StartDaemonAsync(Brisk with { BatchSize = 5 }, Both);
        for (var writer = 0; writer < 4; writer++)
        {
            // An append by another application: it has its position, and takes its time to commit.
            await using var session = Marten.LightweightSession(Account.ToString());
            await session.BeginTransactionAsync(default);
            await using var draw = new Npgsql.NpgsqlCommand("select nextval('ledger.mt_events_sequence')", session.Connection);
            var drawn = (long)(await draw.ExecuteScalarAsync())!;
            var lives = Task.WhenAll(Enumerable.Range(writer * 3, 3).Select(LiveAsync));
            await lives;

            // What comes behind it is not read while the gap may still be filled.
            (await daemon.WaitForAsync(SessionListReader.ProjectionName, drawn + 1, TimeSpan.FromMilliseconds(100))).ShouldBeFalse();
            await session.Connection!.CloseAsync();
        }

        await ShouldEqualARecomputationAsync(daemon);
    }
}
