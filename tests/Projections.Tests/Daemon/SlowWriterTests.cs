using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Marten.Services;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>No read model leaves an event out, nor stalls for good, when a writer is slow: positions become visible out of order.</summary>
public sealed class SlowWriterTests : RecomputationTest
{
    [Fact]
    public async Task A_writer_that_commits_late_or_never_makes_no_read_model_skip_or_stall()
    {
        var daemon = await StartDaemonAsync(5, Both);
        for (var writer = 0; writer < 2; writer++)
        {
            // An append that has its positions, and takes its time to commit.
            await using var connection = await DataSource.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            var options = SessionOptions.ForTransaction(transaction);
            options.TenantId = Account.ToString();
            await using var slow = Marten.LightweightSession(options);
            var triggered = TriggerSession.Decide(Some.Session(Account), Clock.UtcNow).Events;
            slow.Events.StartStream<Session>(((SessionTriggered)triggered[0]).SessionId, triggered);
            await slow.SaveChangesAsync();
            await Task.WhenAll(Enumerable.Range(writer * 3, 3).Select(LiveAsync));
            var head = await Store.ReadHeadAsync(default);

            // What comes behind it is not read while the gap may still be filled, however long it takes.
            (await daemon.WaitForAsync(SessionListReader.ProjectionName, head, TimeSpan.FromSeconds(2.5))).ShouldBeFalse();
            if (writer == 0)
            {
                await transaction.CommitAsync();
            }
        }

        await ShouldEqualARecomputationAsync(daemon);
    }
}
