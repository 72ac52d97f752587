using System.Net;
using Ledger.Http.Tests.Archive;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;

namespace Ledger.Http.Tests.Metrics;

public sealed class MetricsTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task What_a_host_does_is_counted()
    {
        var before = await ReadAsync();
        await History.WriteAsync(client);
        await client.PostBodyAsync($"/ledger/sessions/{(await History.PassedAsync(client, new(client, "m"), "check")).SessionId}/cancel", null);
        var after = await ReadAsync();

        Added("ledger_events_appended_total{type=\"session_triggered\"}").ShouldBe(7);
        Added("ledger_events_appended_total{type=\"result_reported\"}").ShouldBe(4);
        Added("ledger_cancels_requested_total{cause=\"user\",forced=\"false\",via=\"ledger\"}").ShouldBe(3);
        Added("ledger_cancels_settled_total{outcome=\"neverStarted\"}").ShouldBe(2);
        Added("ledger_cancels_settled_total{outcome=\"graceful\"}").ShouldBe(1);
        Added("ledger_cancels_refused_total{cause=\"user\",via=\"ledger\"}").ShouldBe(1);
        Added("ledger_append_units_total{verdict=\"appended\"}").ShouldBeGreaterThanOrEqualTo(7);
        Added("ledger_append_duration_seconds_count").ShouldBeGreaterThanOrEqualTo(7);
        after["ledger_append_batch_units_count"].ShouldBeGreaterThan(before["ledger_append_batch_units_count"]);
        after["ledger_append_batch_events_sum"].ShouldBeGreaterThan(before["ledger_append_batch_events_sum"]);
        after.Samples.Keys.ShouldContain(sample =>
            sample.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)
            && sample.Contains("http_route=\"/ledger/sessions/{sessionId}/cancel\"", StringComparison.Ordinal));

        double Added(string sample) => after[sample] - before[sample];
    }

    [Fact]
    public async Task How_things_stand_is_shown()
    {
        var runner = new TestRunner(client, "standing");
        var session = await client.TriggerAsync("standing");
        var running = await client.TriggerAsync("standing-too");
        await runner.TakeAsync(running, "standing-too");
        await using var stream = await runner.ListenAsync();
        await client.PostBodyAsync($"/ledger/sessions/{running.SessionId}/cancel", null);

        await Eventually.Become(async () =>
        {
            var shown = await ReadAsync();
            return shown["ledger_open_runs{state=\"queued\"}"] == 1
                && shown["ledger_open_runs{state=\"cancelling\"}"] == 1
                && shown["ledger_cancels_unacknowledged"] == 1
                && shown["ledger_signal_connections"] == 1;
        });

        var shown = await ReadAsync();
        shown["ledger_database_up"].ShouldBe(1);
        shown["ledger_mqtt_connections"].ShouldBe(0);
        shown.Samples.Keys.ShouldContain("ledger_projection_lag_events{projection=\"session_list\"}");
        shown["ledger_projection_stopped{projection=\"open_runs\"}"].ShouldBe(0);
        shown["process_resident_memory_bytes"].ShouldBeGreaterThan(1_000_000);
        shown["process_threads"].ShouldBeGreaterThan(1);
        shown.Types.Keys.ShouldContain("dotnet_gc_collections_total");
        shown.Types.Keys.ShouldContain("dotnet_thread_pool_thread_count");
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null);
    }

    [Theory]
    [InlineData("ledger_append_failures_total{reason=\"unavailable\"}")]
    [InlineData("ledger_append_failures_total{reason=\"unstorable\"}")]
    [InlineData("ledger_append_units_total{verdict=\"conflict\"}")]
    [InlineData("ledger_cancels_settled_total{outcome=\"killed\"}")]
    [InlineData("ledger_cancels_settled_total{outcome=\"expired\"}")]
    public async Task What_has_not_happened_yet_is_there_as_zero(string sample)
    {
        var shown = await ReadAsync();

        shown.Samples.Keys.ShouldContain(sample);
        shown[sample].ShouldBe(0);
    }

    [Fact]
    public async Task Two_reads_of_what_does_not_change_have_the_same_series()
    {
        await ReadAsync();
        var one = await ReadAsync();
        var two = await ReadAsync();

        two.Types.Keys.ShouldBe(one.Types.Keys);
        two.Samples.Keys.ShouldNotContain(sample => sample.Contains("otel_metric_overflow", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_label_holds_an_id_or_an_address_that_a_caller_chose()
    {
        var session = await client.TriggerAsync("labels");
        await client.SessionAsync(session.SessionId);
        await client.GetAsync($"/nowhere/{Guid.NewGuid()}");
        await client.SendAsync(new HttpRequestMessage(new HttpMethod("INVENTED"), "/ledger/sessions"));

        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null);

        var text = await client.GetStringAsync("/metrics");

        text.ShouldNotContain(session.SessionId.ToString());
        text.ShouldNotContain("nowhere");
        text.ShouldNotContain("INVENTED");
        text.ShouldNotContain(fixture.Ledger.AccountId.ToString());
    }

    [Fact]
    public async Task It_is_the_text_format_and_needs_the_key_of_an_operator()
    {
        using var answer = await client.GetAsync("/metrics");
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");

        using var nobody = fixture.Ledger.ClientWith(null);
        (await nobody.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "others", scopes = new[] { "admin", "read", "command", "runner" } });
        using var others = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
        (await others.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private async Task<Exposition> ReadAsync() => new(await client.GetStringAsync("/metrics"));
}
