using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Live;

public sealed class SessionLiveTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_live_session_tells_what_was_and_then_each_event_as_it_happens()
    {
        var session = await client.TriggerAsync("live");
        await using var live = await OpenAsync(session);
        (await live.NextAsync()).Type.ShouldBe("session_triggered");

        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        var requested = await live.NextAsync();
        requested.Type.ShouldBe("cancel_requested");
        requested.Id.ShouldBe(requested.Data.GetProperty("version").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture));
        requested.Data.GetProperty("version").GetInt64().ShouldBe(2);
        (await live.NextAsync()).Type.ShouldBe("run_aborted");
    }

    [Fact]
    public async Task A_stream_that_is_opened_again_goes_on_after_the_last_event_that_was_seen()
    {
        var session = await client.TriggerAsync("resume");
        long last;
        await using (var live = await OpenAsync(session))
        {
            last = (await live.NextAsync()).Data.GetProperty("version").GetInt64();
        }

        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        await using var again = await OpenAsync(session, last);
        (await again.NextAsync()).Type.ShouldBe("cancel_requested");
    }

    [Fact]
    public async Task A_live_session_goes_on_after_its_end_for_late_reports_may_come()
    {
        var runner = new TestRunner(client, "settled");
        var session = await client.TriggerAsync("settled");
        await runner.TakeAsync(session, "settled");
        await runner.ReportAsync(session.SessionId, session.Run);
        await using var live = await OpenAsync(session);

        await runner.ReportAsync(session.SessionId, session.Run);

        await live.NextAsync(frame => frame.Type == "late_report");
    }

    [Fact]
    public async Task A_live_session_that_does_not_exist_is_not_found()
    {
        var answer = await client.ReadAsync($"/ledger/sessions/{Guid.NewGuid()}/live");

        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        answer.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task A_last_event_id_that_is_no_version_is_refused()
    {
        var session = await client.TriggerAsync("badid");

        var answer = await client.CallAsync(
            HttpMethod.Get, $"/ledger/sessions/{session.SessionId}/live", null, ("Last-Event-ID", "first"));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    private Task<OpenStream> OpenAsync(Triggered session, long? last = null) =>
        OpenStream.OpenAsync(client, $"/ledger/sessions/{session.SessionId}/live", last);
}
