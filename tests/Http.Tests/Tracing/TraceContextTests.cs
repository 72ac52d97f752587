using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Tracing;

/// <summary>W3C trace context is taken in, kept with each event and continued.</summary>
public sealed class TraceContextTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";

    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task The_trace_of_a_cancel_stands_with_its_events()
    {
        var session = await client.TriggerAsync("traced");

        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null, ("traceparent", $"00-{Trace}-{Span}-01"));

        var events = await EventsAsync(session.SessionId);
        events.Select(recorded => recorded.Type).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
        events[0].Context.CorrelationId.ShouldNotBe(Trace);
        events.Skip(1).ShouldAllBe(recorded => recorded.Context.CorrelationId == Trace && recorded.Context.CausationId == Span);
    }

    [Fact]
    public async Task A_request_without_a_trace_begins_one()
    {
        var session = await client.TriggerAsync("untraced");

        var context = (await EventsAsync(session.SessionId))[0].Context;

        context.CorrelationId!.ShouldMatch("^[0-9a-f]{32}$");
        context.CausationId!.ShouldMatch("^[0-9a-f]{16}$");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-00")]
    [InlineData("")]
    public async Task A_malformed_trace_counts_as_none(string traceparent)
    {
        var session = await client.TriggerAsync("malformed");

        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null, ("traceparent", traceparent));

        (await EventsAsync(session.SessionId))[1].Context.CorrelationId!.ShouldMatch("^(?!0{32})[0-9a-f]{32}$");
    }

    [Fact]
    public async Task A_claim_hands_the_trace_of_the_trigger_to_the_runner()
    {
        var made = await client.PostBodyAsync(
            "/ledger/sessions",
            new { kind = "run", name = "traced", runs = new[] { new { checkType = "PLAYWRIGHT", name = "traced", location = "claimed-trace" } } },
            ("traceparent", $"00-{Trace}-{Span}-01"));
        made.Body.TryGetProperty("sessionId", out _).ShouldBeTrue(made.Body.ToString());

        var run = (await new TestRunner(client, "tracer").ClaimAsync("claimed-trace")).ShouldHaveSingleItem();

        run.GetProperty("traceparent").GetString().ShouldBe($"00-{Trace}-{Span}-01");
    }

    [Fact]
    public async Task Another_host_hands_on_the_same_trace()
    {
        await client.PostBodyAsync(
            "/ledger/sessions",
            new { kind = "run", name = "traced", runs = new[] { new { checkType = "PLAYWRIGHT", name = "traced", location = "elsewhere-trace" } } },
            ("traceparent", $"00-{Trace}-{Span}-01"));
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString, account: fixture.Ledger.AccountId);

        var run = (await new TestRunner(other.Client, "tracer").ClaimAsync("elsewhere-trace", waitSeconds: 20)).ShouldHaveSingleItem();

        run.GetProperty("traceparent").GetString().ShouldBe($"00-{Trace}-{Span}-01");
    }

    private Task<IReadOnlyList<RecordedEvent>> EventsAsync(Guid sessionId) => fixture.Ledger.Services.GetRequiredService<EventLog>()
        .ReadStreamAsync(new StreamId(fixture.Ledger.AccountId, sessionId), 0, CancellationToken.None);
}
