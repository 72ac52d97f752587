using Ledger.Projections.CheckResults;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Projections.Tests.CheckResults;

public sealed class CheckResultsReaderTests : LedgerTest
{
    private const string Runner = "runner-1";

    private readonly Guid check = Guid.NewGuid();
    private ReadModelHost? daemon;

    private CheckResultsReader Reader => new(DataSource);

    [Fact]
    public async Task Results_are_listed_newest_first_and_belong_to_their_check_and_account()
    {
        var first = await PassAsync(await TriggerCheckAsync());
        var second = await PassAsync(await TriggerCheckAsync(), hasFailures: true);
        await PassAsync(await TriggerAsync(Some.Session(Account)));
        await PassAsync(await TriggerAsync(Some.Session(Account, SessionKind.Test, checkId: check)));
        await PassAsync(await TriggerAsync(Some.Session(Guid.NewGuid(), checkId: check)));
        await TriggerCheckAsync();

        var page = await ListAsync(new CheckResultsQuery(Account, check));

        page.Results.ShouldBe([Listed(second), Listed(first)]);
        page.Next.ShouldBeNull();
    }

    [Fact]
    public async Task Each_filter_narrows_the_list()
    {
        var passed = await PassAsync(await TriggerCheckAsync());
        var failed = await PassAsync(await TriggerCheckAsync("us-east-1"), hasFailures: true);
        var cancelled = await CancelAsync(await TriggerCheckAsync());
        var retried = await ClaimAsync(await TriggerCheckAsync(), Runner);
        retried = await ExecuteAsync(retried, (state, now) => ReportResult.Decide(
            state, Some.Result(state.Runs[0].SequenceId, Runner, ResultType.Attempt, hasFailures: true), now));
        var all = new CheckResultsQuery(Account, check);

        (await SessionsAsync(all)).ShouldBe(Ids(retried, cancelled, failed, passed));
        (await SessionsAsync(all with { ResultType = ResultType.Final })).ShouldBe(Ids(cancelled, failed, passed));
        (await SessionsAsync(all with { ResultType = ResultType.Attempt })).ShouldBe(Ids(retried));
        (await SessionsAsync(all with { HasFailures = true })).ShouldBe(Ids(retried, failed));
        (await SessionsAsync(all with { HasFailures = false })).ShouldBe(Ids(cancelled, passed));
        (await SessionsAsync(all with { Location = "us-east-1" })).ShouldBe(Ids(failed));
        (await SessionsAsync(all with { CheckType = "API" })).ShouldBeEmpty();
        (await SessionsAsync(all with { CheckType = CheckTypes.Playwright, Limit = 2 })).ShouldBe(Ids(retried, cancelled));
        var at = failed.Session.SettledAt;
        (await SessionsAsync(all with { From = at })).ShouldBe(Ids(retried, cancelled, failed));
        (await SessionsAsync(all with { To = at })).ShouldBe(Ids(passed));
        (await SessionsAsync(all with { From = at, To = at })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_meet_without_gap_or_overlap_although_times_are_equal_and_new_results_come()
    {
        var sessions = new List<SessionSnapshot>();
        for (var i = 0; i < 5; i++)
        {
            var session = await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner);
            sessions.Insert(0, await ReportAsync(session, Runner));
        }

        var query = new CheckResultsQuery(Account, check) { Limit = 2 };
        var first = await ListAsync(query);
        await PassAsync(await TriggerCheckAsync());
        var second = await ListAsync(query with { After = TimeCursor.Parse(first.Next.ToString()) });
        var third = await ListAsync(query with { After = second.Next });

        CheckResultsPage[] pages = [first, second, third];
        pages.SelectMany(page => page.Results).Select(result => result.SessionId).ShouldBe(Ids([.. sessions]));
        third.Next.ShouldBeNull();
        (await SessionsAsync(query with { Offset = 1 })).ShouldBe(Ids(sessions[0], sessions[1]));
    }

    [Fact]
    public async Task One_result_is_found_by_its_report_or_when_no_report_settled_it_by_its_run()
    {
        var passed = await PassAsync(await TriggerCheckAsync());
        var cancelled = await CancelAsync(await TriggerCheckAsync());
        await CatchUpAsync();
        var (report, run) = (passed.Session.Runs[0].Final!.ResultId, cancelled.Session.Runs[0].SequenceId);

        (await Reader.FindAsync(Account, check, report, Guid.NewGuid())).ShouldBe(Listed(passed));
        (await Reader.FindAsync(Account, check, Guid.NewGuid(), run)).ShouldBe(Listed(cancelled));
        (await Reader.FindAsync(Account, check, Guid.NewGuid(), passed.Session.Runs[0].SequenceId)).ShouldBeNull();
        (await Reader.FindAsync(Account, check, run, Guid.NewGuid())).ShouldBeNull();
        (await Reader.FindAsync(Account, Guid.NewGuid(), report, Guid.NewGuid())).ShouldBeNull();
        (await Reader.FindAsync(Guid.NewGuid(), check, report, Guid.NewGuid())).ShouldBeNull();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("_____________________w")]
    public void Text_that_is_no_cursor_is_none(string? text) => TimeCursor.Parse(text).ShouldBeNull();

    private static Guid[] Ids(params SessionSnapshot[] sessions) => [.. sessions.Select(session => session.Session.Id)];

    private static ListedResult Listed(SessionSnapshot session)
    {
        var run = session.Session.Runs[0];
        return new ListedResult(
            session.Session.Id, run.SequenceId, run.Final?.ResultId, ResultType.Final, session.LastPosition, run.SettledAt!.Value);
    }

    private async Task<SessionSnapshot> TriggerCheckAsync(string location = "eu-central-1")
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        return await TriggerAsync(Some.Session(Account, location: location, checkId: check));
    }

    private async Task<SessionSnapshot> PassAsync(SessionSnapshot session, bool hasFailures = false) =>
        await ReportAsync(await ClaimAsync(session, Runner), Runner, hasFailures);

    private async Task<IEnumerable<Guid>> SessionsAsync(CheckResultsQuery query) =>
        (await ListAsync(query)).Results.Select(result => result.SessionId);

    private async Task<CheckResultsPage> ListAsync(CheckResultsQuery query)
    {
        await CatchUpAsync();
        return await Reader.ListAsync(query);
    }

    private async Task CatchUpAsync()
    {
        daemon ??= await StartDaemonAsync(new CheckResultsProjection());
        (await daemon.WaitForHeadAsync(CheckResultsReader.ProjectionName, Patience)).ShouldBeTrue();
    }
}
