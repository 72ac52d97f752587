using Ledger.Projections.Daemon;
using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.Support;
using Ledger.Store;

namespace Ledger.Projections.Tests.Daemon;

public sealed class WaitingTests : JournalTest
{
    [Fact]
    public async Task A_read_after_the_wait_sees_what_was_written_before_it_on_every_host()
    {
        var feed = Keep(new EventFeed(Store));
        await feed.StartAsync();
        var hosts = new List<ProjectionDaemon>();
        for (var n = 0; n < 2; n++)
        {
            hosts.Add(Keep(new ProjectionDaemon([SessionListReader.CreateProjection()], Store, feed.Subscribe, DataSource, Brisk)));
            await hosts[n].StartAsync();
        }

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
    public async Task Nobody_waits_for_a_projection_that_does_not_exist()
    {
        var daemon = await StartJournalsAsync("host", new Journal("journal"));

        await Should.ThrowAsync<ArgumentException>(() => daemon.WaitForAsync("juornal", 1, Patience));
    }

    [Fact]
    public void A_name_is_given_once_and_what_is_required_is_there()
    {
        Should.Throw<ArgumentException>(() => new ProjectionDaemon([new Journal("a"), new Journal("a")], Store, null, DataSource));
        Should.Throw<ArgumentException>(() => new ProjectionDaemon([new Follower("missing")], Store, null, DataSource));
    }
}
