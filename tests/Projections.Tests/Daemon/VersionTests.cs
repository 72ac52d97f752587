using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.SessionList;
using Ledger.Store.Postgres;

namespace Ledger.Projections.Tests.Daemon;

public sealed class VersionTests : RecomputationTest
{
    [Fact]
    public async Task Rows_of_another_version_go_and_are_made_anew_from_the_first_event_on()
    {
        await LiveAsync(1);
        await PretendAsync("session_list");
        await using (var broken = DataSource.CreateCommand("alter table ledger.session_list drop column status"))
        {
            await broken.ExecuteNonQueryAsync();
        }

        (await ApplyAsync()).ShouldBe(["session_list:99"]);
        await SchemaUpgrade.ApplyAsync(DataSource, [typeof(ProjectionDaemon).Assembly], default);

        await ShouldEqualARecomputationAsync(await StartDaemonAsync(Brisk, Both));
        (await ApplyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_host_of_another_version_than_the_stored_rows_does_not_touch_them()
    {
        await LiveAsync(1);
        await PretendAsync("session_list");

        var daemon = await StartDaemonAsync(Brisk, Both);
        (await daemon.WaitForHeadAsync("open_runs", Patience)).ShouldBeTrue();

        (await daemon.WaitForHeadAsync(SessionListReader.ProjectionName, TimeSpan.FromMilliseconds(200))).ShouldBeFalse();
        (await daemon.StatusAsync()).Single(status => status.Name == "session_list").State.ShouldBe(ProjectionState.Standby);
    }

    [Fact]
    public async Task A_reaction_goes_on_where_its_earlier_version_stopped()
    {
        await LiveAsync(1);
        var head = await Store.ReadHeadAsync(default);
        await PretendAsync("follower", head);

        var daemon = await StartDaemonAsync(Brisk, [.. Both, new Follower("open_runs")]);

        (await daemon.WaitForHeadAsync("follower", Patience)).ShouldBeTrue();
        (await ScalarAsync<long>("select count(*) from ledger.mt_event_progression where name like 'follower:%'")).ShouldBe(1);
    }

    [Fact]
    public async Task Of_a_database_that_is_empty_nothing_is_forgotten()
    {
        await ScalarAsync<object>("select 1");
        await using var command = DataSource.CreateCommand("drop schema ledger cascade");
        await command.ExecuteNonQueryAsync();

        (await ApplyAsync()).ShouldBeEmpty();
    }

    private Task<IReadOnlyList<string>> ApplyAsync() =>
        ProjectionVersions.ApplyAsync(DataSource, [.. Both, CheckResultsReader.CreateProjection()], default);

    /// <summary>As if another version had kept it.</summary>
    private async Task PretendAsync(string projection, long position = 1)
    {
        await using var command = DataSource.CreateCommand(
            $"insert into ledger.mt_event_progression (name, last_seq_id) values ('{projection}:99', {position})");
        await command.ExecuteNonQueryAsync();
    }
}
