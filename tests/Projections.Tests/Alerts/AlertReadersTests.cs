using Ledger.Projections.Alerts;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Projections.Tests.Alerts;

public sealed class AlertReadersTests : LedgerTest
{
    private const string Runner = "runner-1";

    private readonly Guid check = Guid.NewGuid();
    private ReadModelHost? daemon;

    private AlertsReader Alerts => new(DataSource);

    private IncidentsReader Incidents => new(DataSource);

    [Fact]
    public async Task A_due_alert_tells_of_the_run_that_raised_it()
    {
        var session = await StartRunAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner), Runner);
        Clock.Advance(TimeSpan.FromSeconds(1));
        session = await AttemptAsync(session);
        var decided = (session.LastPosition, Clock.GetUtcNow());
        Clock.Advance(TimeSpan.FromSeconds(1));
        var settled = await ReportAsync(session, Runner, hasFailures: true);
        var run = settled.Session.Runs[0];

        var alert = (await ListAsync()).ShouldHaveSingleItem();

        alert.ShouldBe(new ListedAlert(
            decided.LastPosition, check, "Run 1", "PLAYWRIGHT", "eu-central-1", settled.Session.Id, run.SequenceId, AlertType.Failure,
            AlertStanding.Sent, decided.Item2)
        {
            SettledPosition = settled.LastPosition,
            SettledAt = run.SettledAt,
            Outcome = RunState.Failed,
            ResponseTime = 120,
            StartedAt = run.StartedAt,
            IncidentId = alert.IncidentId,
        });
        alert.IncidentId.ShouldBe((await Incidents.ListAsync(new IncidentsQuery(Account))).Incidents.ShouldHaveSingleItem().IncidentId);
    }

    [Fact]
    public async Task A_suppressed_alert_names_its_cancel()
    {
        var cancelled = await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: check)));
        var cancel = cancelled.Session.Cancels.Values.ShouldHaveSingleItem();

        var alert = (await ListAsync()).ShouldHaveSingleItem();

        (alert.Type, alert.Standing, alert.Outcome).ShouldBe((AlertType.Failure, AlertStanding.Suppressed, RunState.Cancelled));
        (alert.CancelId, alert.Cause, alert.Reason).ShouldBe((cancel.CancelId, cancel.Cause, "The run was cancelled, cause user."));
        alert.Position.ShouldBe(cancelled.LastPosition);
    }

    [Fact]
    public async Task Each_standing_is_listed_on_its_own_and_only_what_became_due_is_in_the_log()
    {
        await RunAsync(hasFailures: true);
        await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: check)));
        await RunAsync(hasFailures: false);
        await AttemptAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner));
        var retried = await AttemptAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner));
        await ReportAsync(retried, Runner);

        (await ListAsync()).Select(alert => alert.Standing).ShouldBe(
            [AlertStanding.Withdrawn, AlertStanding.Pending, AlertStanding.Sent, AlertStanding.Suppressed, AlertStanding.Sent]);
        foreach (var (standing, types) in ((AlertStanding, AlertType[])[])
        [
            (AlertStanding.Sent, [AlertType.Recovery, AlertType.Failure]),
            (AlertStanding.Suppressed, [AlertType.FailureRemain]),
            (AlertStanding.Pending, [AlertType.Failure]),
            (AlertStanding.Withdrawn, [AlertType.Failure]),
        ])
        {
            (await Alerts.ListAsync(new AlertsQuery(Account) { Standing = standing })).Alerts.Select(alert => alert.Type).ShouldBe(types);
        }

        var due = new DueAlertsQuery(Account, Clock.GetUtcNow().AddHours(-1));
        (await Alerts.ListDueAsync(due)).Select(alert => alert.Type).ShouldBe([AlertType.Recovery, AlertType.Failure]);
        (await Alerts.ListDueAsync(due with { Limit = 1, Offset = 1 })).Select(alert => alert.Type).ShouldBe([AlertType.Failure]);
        (await Alerts.ListDueAsync(due with { CheckId = Guid.NewGuid() })).ShouldBeEmpty();
        (await Alerts.ListDueAsync(due with { To = due.From })).ShouldBeEmpty();
        (await Alerts.ListDueAsync(due with { AccountId = Guid.NewGuid() })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_although_alerts_share_a_time()
    {
        for (var n = 0; n < 5; n++)
        {
            await RunAsync(hasFailures: true, advance: false);
        }

        var all = await ListAsync();
        var seen = new List<ListedAlert>();
        TimeCursor? after = null;
        do
        {
            var page = await Alerts.ListAsync(new AlertsQuery(Account) { Limit = 2, After = after });
            seen.AddRange(page.Alerts);
            after = page.Next;
        }
        while (after is not null);

        all.Count.ShouldBe(5);
        seen.ShouldBe(all);
    }

    [Fact]
    public async Task An_incident_is_resolved_when_every_location_that_failed_has_passed_again()
    {
        await RunAsync(hasFailures: true, location: "eu");
        await RunAsync(hasFailures: true, location: "us");
        await RunAsync(hasFailures: true, location: "us");
        await RunAsync(hasFailures: false, location: "eu");
        await CatchUpAsync();
        var open = (await Incidents.ListAsync(new IncidentsQuery(Account) { IsOpen = true, CheckId = check })).Incidents.ShouldHaveSingleItem();
        (open.Alerts, open.ResolvedAt).ShouldBe((4, null));
        open.Locations.ShouldBe(["eu", "us"]);
        open.FailingLocations.ShouldBe(["us"]);
        var conditions = await new ConditionsReader(DataSource).ListAsync(Account, check);
        conditions.Select(location => (location.Location, location.Condition, location.IncidentId)).ShouldBe(
            [("us", CheckCondition.Failing, open.IncidentId), ("eu", CheckCondition.Passing, null)]);

        var last = await RunAsync(hasFailures: false, location: "us");
        await RunAsync(hasFailures: true, location: "eu");
        await CatchUpAsync();

        var both = (await Incidents.ListAsync(new IncidentsQuery(Account))).Incidents;
        both.Count.ShouldBe(2);
        both[1].ShouldBe(open with
        {
            ResolvedAt = last.Session.SettledAt,
            ResolvedPosition = last.LastPosition,
            FailingLocations = both[1].FailingLocations,
            Locations = both[1].Locations,
            Alerts = 5,
        });
        both[1].FailingLocations.ShouldBeEmpty();
        (await Incidents.ListAsync(new IncidentsQuery(Account) { IsOpen = true })).Incidents.ShouldHaveSingleItem().IncidentId
            .ShouldBe(both[0].IncidentId);
        both[0].IncidentId.ShouldNotBe(both[1].IncidentId);
        var first = await Incidents.ListAsync(new IncidentsQuery(Account) { Limit = 1 });
        (await Incidents.ListAsync(new IncidentsQuery(Account) { Limit = 1, After = first.Next })).Incidents.ShouldHaveSingleItem()
            .IncidentId.ShouldBe(both[1].IncidentId);
    }

    private async Task<IReadOnlyList<ListedAlert>> ListAsync()
    {
        await CatchUpAsync();
        return (await Alerts.ListAsync(new AlertsQuery(Account))).Alerts;
    }

    private async Task<SessionSnapshot> RunAsync(bool hasFailures, string location = "eu-central-1", bool advance = true)
    {
        Clock.Advance(advance ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
        var session = await TriggerAsync(Some.Session(Account, location: location, checkId: check));
        return await ReportAsync(await ClaimAsync(session, Runner), Runner, hasFailures);
    }

    private async Task<SessionSnapshot> AttemptAsync(SessionSnapshot session)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        return await ExecuteAsync(session, (state, now) => ReportResult.Decide(
            state, Some.Result(state.Runs[0].SequenceId, Runner, ResultType.Attempt, hasFailures: true), now));
    }

    private async Task CatchUpAsync()
    {
        daemon ??= await StartDaemonAsync(new AlertsProjection(), new CheckResultsProjection());
        (await daemon.WaitForHeadAsync(AlertsReader.ProjectionName, Patience)).ShouldBeTrue();
    }
}
