using Ledger.Projections.SessionList;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>domain.md P10: no projection skips an event, nor stalls for good, when a writer is slow or stuck.</summary>
public sealed class SlowWriterTests : RecomputationTest
{
    [Fact]
    public async Task A_writer_that_holds_the_head_for_a_while_makes_no_projection_skip_or_stall()
    {
        var daemon = await StartDaemonAsync(Brisk with { BatchSize = 5 }, Both);
        var lives = new List<Task>();
        for (var writer = 0; writer < 6; writer++)
        {
            lives.AddRange(Enumerable.Range(writer * 5, 5).Select(LiveAsync));
            await using var connection = await DataSource.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var hold = new Npgsql.NpgsqlCommand("select position from ledger.head for update", connection);
            var held = (long)(await hold.ExecuteScalarAsync())!;

            // What was committed before is read to its end, and not a position further.
            (await daemon.WaitForAsync(SessionListReader.ProjectionName, held, Patience)).ShouldBeTrue();
            (await daemon.WaitForAsync(SessionListReader.ProjectionName, held + 1, TimeSpan.FromMilliseconds(100))).ShouldBeFalse();
            if (writer % 2 == 0)
            {
                await transaction.CommitAsync();
            }
        }

        await Task.WhenAll(lives);
        await ShouldEqualARecomputationAsync(daemon);
    }
}
