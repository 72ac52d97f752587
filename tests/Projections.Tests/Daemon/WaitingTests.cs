using Ledger.Projections.Daemon;
using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.Support;

namespace Ledger.Projections.Tests.Daemon;

public sealed class WaitingTests : JournalTest
{
    [Fact]
    public async Task A_read_after_the_wait_sees_what_was_written_before_it_on_every_host()
    {
        var hosts = new[]
        {
            await StartDaemonAsync(new SessionListProjection()), await StartDaemonAsync(new SessionListProjection()),
        };

        var reader = new SessionListReader(DataSource);
        for (var n = 0; n < 50; n++)
        {
            var session = await TriggerAsync(Some.Session(Account));
            (await hosts[n % 2].WaitForAsync(SessionListReader.ProjectionName, session.LastPosition, Patience)).ShouldBeTrue();
            (await reader.ReadAsync(new SessionListQuery(Account) { Limit = 1 })).Sessions[0].SessionId.ShouldBe(session.Session.Id);
        }
    }

    [Fact]
    public async Task What_is_not_reached_in_time_is_said_not_to_be()
    {
        var daemon = await StartJournalsAsync("host", new Journal("journal"));
        await TriggerManyAsync(1);

        (await daemon.WaitForAsync("journal", 1, Patience)).ShouldBeTrue();
        (await daemon.WaitForAsync("journal", 2, TimeSpan.FromMilliseconds(50))).ShouldBeFalse();
    }

    [Fact]
    public async Task The_end_of_an_empty_log_is_reached_at_once()
    {
        var daemon = await StartJournalsAsync("host", new Journal("journal"));

        (await daemon.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_nobody_keeps_is_never_reached()
    {
        var daemon = await StartJournalsAsync("host", new Journal("journal"));

        await TriggerManyAsync(1);
        (await daemon.WaitForAsync("journal", 1, Patience)).ShouldBeTrue();

        (await daemon.WaitForAsync("juornal", 1, TimeSpan.FromMilliseconds(50))).ShouldBeFalse();
    }

    [Fact]
    public void A_name_is_given_once() =>
        Should.Throw<ArgumentException>(() => new ReadModelShard([new Journal("a"), new Journal("a")], DataSource));
}
