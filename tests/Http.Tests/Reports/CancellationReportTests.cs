using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;

namespace Ledger.Http.Tests.Reports;

public sealed class CancellationReportTests : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private RunningLedger? ledger;

    private HttpClient Client => ledger!.Client;

    public async Task InitializeAsync() => ledger = await RunningLedger.StartAsync(database.ConnectionString);

    public async Task DisposeAsync()
    {
        await ledger!.DisposeAsync();
        database.Dispose();
    }

    [Fact]
    public async Task It_counts_by_cause_interface_and_outcome_and_measures_between_the_facts()
    {
        var runner = new TestRunner(Client, "runner");
        var spec = new { checkType = "PLAYWRIGHT", name = "checkout", location = "eu", spec = new { command = new[] { "true" }, timeoutSeconds = 60 } };
        var running = await Client.TriggerAsync(new { kind = "check", name = "Checkout", runs = new[] { spec } });
        await runner.TakeAsync(running, "eu");
        var cancelId = await CancelAsync(running, new { cause = "failFast" });
        await runner.AcknowledgeAsync(running.SessionId, running.Run, cancelId);
        await runner.AbortAsync(running.SessionId, running.Run, cancelId);
        await CancelAsync(await Client.TriggerAsync("queued"), null);
        await Client.PostBodyAsync($"/ledger/sessions/{running.SessionId}/cancel", new { cause = "system" });
        var pending = await Client.TriggerAsync("pending");
        await runner.TakeAsync(pending, "pending");
        await CancelAsync(pending, null);

        var report = await ReadAsync("");

        report.GetProperty("total").GetInt64().ShouldBe(4);
        Counts(report, "byCause").ShouldBe([("failFast", 1), ("system", 1), ("user", 2)]);
        Counts(report, "byVia").ShouldBe([("ledger", 4)]);
        Counts(report, "byOutcome").ShouldBe([("cancelled", 2), ("pending", 1), ("refused", 1)]);
        var runs = report.GetProperty("runs");
        runs.GetProperty("total").GetInt64().ShouldBe(3);
        Counts(runs, "byOutcome").ShouldBe([("cancelled", 2), ("pending", 1)]);
        var latency = report.GetProperty("latency");
        latency.GetProperty("requestedToSettled").GetProperty("count").GetInt64().ShouldBe(2);
        latency.GetProperty("acknowledgedToStopped").GetProperty("max").GetInt64().ShouldBeInRange(0, 20_000);
        report.GetProperty("runnerTimeFreedRuns").GetInt64().ShouldBe(1);
        report.GetProperty("runnerTimeUnknownRuns").GetInt64().ShouldBe(1);
        report.GetProperty("runnerTimeFreedMs").GetInt64().ShouldBeInRange(30_000, 60_000);

        var days = await ReadAsync($"?from={DateTimeOffset.UtcNow.AddDays(-1):yyyy-MM-dd}T12:00:00Z&groupBy=day");
        var buckets = days.GetProperty("buckets").EnumerateArray().ToList();
        buckets.Sum(day => day.GetProperty("report").GetProperty("total").GetInt64()).ShouldBe(4);
        buckets[0].GetProperty("from").GetDateTimeOffset().TimeOfDay.ShouldBe(TimeSpan.FromHours(12));
        buckets[1].GetProperty("from").GetDateTimeOffset().TimeOfDay.ShouldBe(TimeSpan.Zero);
        buckets[^1].GetProperty("report").GetProperty("latency").GetProperty("requestedToSettled").GetProperty("count").GetInt64().ShouldBeGreaterThan(0);
        (await Client.ReadAsync("/ledger/reports/cancellations?groupBy=day")).Status.ShouldBe(HttpStatusCode.BadRequest);

        var now = DateTimeOffset.UtcNow;
        (await ReadAsync($"?from={now.AddMinutes(-10):yyyy-MM-ddTHH:mm:ssZ}&to={now.AddMinutes(10):yyyy-MM-ddTHH:mm:ssZ}")).ToString()
            .ShouldBe(report.ToString());
        (await ReadAsync($"?to={now.AddMinutes(-10):yyyy-MM-ddTHH:mm:ssZ}")).GetProperty("total").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task Without_cancels_the_counts_are_0_and_the_latencies_null()
    {
        var report = await ReadAsync("?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z");

        report.GetProperty("total").GetInt64().ShouldBe(0);
        report.GetProperty("byCause").EnumerateObject().Select(cause => cause.Name)
            .ShouldBe(["user", "superseded", "failFast", "timeout", "shutdown", "system"]);
        foreach (var latency in report.GetProperty("latency").EnumerateObject())
        {
            string[] figures = ["p50", "p95", "p99", "max"];
            figures.ShouldAllBe(figure => latency.Value.GetProperty(figure).ValueKind == JsonValueKind.Null);
        }
    }

    [Theory]
    [InlineData("?from=tomorrow")]
    [InlineData("?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")]
    [InlineData("?project=x")]
    public async Task A_parameter_that_makes_no_sense_is_refused(string query) =>
        (await Client.ReadAsync($"/ledger/reports/cancellations{query}")).Status.ShouldBe(HttpStatusCode.BadRequest);

    private static IEnumerable<(string Word, long Count)> Counts(JsonElement of, string name) => of.GetProperty(name).EnumerateObject()
        .Select(word => (word.Name, word.Value.GetInt64())).Where(word => word.Item2 > 0).OrderBy(word => word.Name, StringComparer.Ordinal);

    private async Task<JsonElement> ReadAsync(string query)
    {
        var answer = await Client.ReadAsync($"/ledger/reports/cancellations{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body;
    }

    private async Task<Guid> CancelAsync(Triggered session, object? body)
    {
        var answer = await Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", body);
        answer.Status.ShouldBe(HttpStatusCode.Accepted, answer.Body.ToString());
        return answer.Body.GetProperty("cancelId").GetGuid();
    }
}
