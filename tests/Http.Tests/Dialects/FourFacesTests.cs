using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects;

/// <summary>
/// A plain run is one and the same thing in every dialect that knows it, whichever it was made and cancelled through
/// (docs/dialects/common.md#faces).
/// </summary>
public sealed class FourFacesTests : IAsyncLifetime
{
    private const string Location = "default";

    private readonly TestDatabase database = new();
    private RunningLedger ledger = null!;
    private IReadOnlyDictionary<string, PlainRunFace> faces = null!;

    public static TheoryData<string, string> MakersAndCancellers()
    {
        var pairs = new TheoryData<string, string>();
        string[] names = ["native", "empirical", "stably", "testerarmy"];
        foreach (var maker in names)
        {
            foreach (var canceller in names.Where(name => name == maker || maker != "testerarmy" || name != "stably"))
            {
                pairs.Add(maker, canceller);
            }
        }

        return pairs;
    }

    public async Task InitializeAsync()
    {
        ledger = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:TesterArmy:CancelRunning"] = "true" });
        PlainRunFace[] all =
        [
            new NativeFace(ledger.Client), new EmpiricalFace(ledger.Client), new StablyFace(ledger.Client), new TesterArmyFace(ledger.Client),
        ];
        faces = all.ToDictionary(face => face.Name);
    }

    public async Task DisposeAsync()
    {
        await ledger.DisposeAsync();
        database.Dispose();
    }

    [Theory]
    [MemberData(nameof(MakersAndCancellers))]
    public async Task A_queued_run_is_cancelled_everywhere_at_once(string maker, string canceller)
    {
        var run = await MakeAsync(maker);

        await CancelAsync(canceller, run);

        foreach (var face in FacesOf(maker))
        {
            (await face.StatusAsync(run)).ShouldBe(face.Cancelled, face.Name);
            (await face.CancelAsync(run)).ShouldBe(face.TooLate, face.Name);
        }

        (await new TestRunner(ledger.Client, "late").ClaimAsync(Location)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(MakersAndCancellers))]
    public async Task A_running_run_is_shown_by_each_in_its_own_words_until_it_has_stopped(string maker, string canceller)
    {
        var runner = new TestRunner(ledger.Client, $"runner-{maker}-{canceller}");
        var run = await MakeAsync(maker);
        (await runner.ClaimAsync(Location)).ShouldHaveSingleItem();
        await runner.StartAsync(run.SessionId, run.SequenceId);

        await CancelAsync(canceller, run);

        foreach (var face in FacesOf(maker))
        {
            (await face.StatusAsync(run)).ShouldBe(face.BeingStopped, face.Name);
            (await face.CancelAsync(run)).ShouldBe(face.Accepted, $"{face.Name}: asking twice is asking once");
        }

        var cancelId = (await runner.HeartbeatAsync(run.SessionId, run.SequenceId)).Body.GetProperty("cancel").GetProperty("cancelId").GetGuid();
        await runner.AbortAsync(run.SessionId, run.SequenceId, cancelId);

        foreach (var face in FacesOf(maker))
        {
            (await face.StatusAsync(run)).ShouldBe(face.Cancelled, face.Name);
        }

        var requested = (await ledger.Client.EventTypesAsync(run.SessionId)).Count(type => type == "cancel_requested");
        requested.ShouldBe(1, "however many dialects asked");
    }

    [Theory]
    [InlineData("native")]
    [InlineData("empirical")]
    [InlineData("stably")]
    [InlineData("testerarmy")]
    public async Task Checkly_does_not_know_plain_runs(string maker)
    {
        var run = await MakeAsync(maker);

        (await ledger.Client.ReadAsync($"/v2/check-sessions/{run.SessionId}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.Client.ReadAsync($"/v1/test-sessions/{run.SessionId}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.Client.PostBodyAsync($"/v1/check-sessions/{run.SessionId}/cancel", null)).Status.ShouldBe(HttpStatusCode.NotFound);

        (await faces["native"].StatusAsync(run)).ShouldBe("queued");
    }

    [Theory]
    [InlineData("empirical", "empirical")]
    [InlineData("stably", "stably")]
    [InlineData("testerarmy", "testerarmy")]
    [InlineData("native", "ledger")]
    public async Task The_stream_names_the_dialect_that_asked(string canceller, string via)
    {
        var run = await MakeAsync("native");

        await CancelAsync(canceller, run);

        var session = await ledger.Client.SessionAsync(run.SessionId);
        session.GetProperty("runs")[0].GetProperty("cancel").GetProperty("via").GetString().ShouldBe(via);
    }

    private async Task<PlainRun> MakeAsync(string maker)
    {
        var sessionId = await faces[maker].MakeAsync();
        var listed = (await ledger.Client.ReadAsync("/ledger/sessions?kind=run&limit=1")).Body.GetProperty("entries")[0];
        listed.GetProperty("sessionId").GetGuid().ShouldBe(sessionId);
        return new PlainRun(
            sessionId,
            listed.GetProperty("number").GetInt64(),
            (await ledger.Client.SessionAsync(sessionId)).GetProperty("runs")[0].GetProperty("sequenceId").GetGuid(),
            InProject: maker != "testerarmy");
    }

    private async Task CancelAsync(string canceller, PlainRun run) =>
        (await faces[canceller].CancelAsync(run)).ShouldBe(faces[canceller].Accepted);

    /// <summary>A TesterArmy team has no projects, so Stably, where each run is in one, cannot name its runs.</summary>
    private IEnumerable<PlainRunFace> FacesOf(string maker) =>
        faces.Values.Where(face => maker != "testerarmy" || face is not StablyFace);
}
