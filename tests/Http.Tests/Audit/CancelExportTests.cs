using System.Net;
using System.Text.Json;
using Ledger.Http.Audit;
using Ledger.Http.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ledger.Http.Tests.Audit;

public sealed class CancelExportTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task An_export_is_the_whole_list_however_many_pages_it_has()
    {
        for (var made = 0; made < 1_050; made += 50)
        {
            var sessions = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TriggerAsync("export", "one", "two")));
            await Task.WhenAll(sessions.Select(session => CancelAsync(session)));
        }

        var pages = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await client.ReadAsync($"/ledger/audit/cancels?project=export&limit=100{(cursor is null ? "" : $"&cursor={cursor}")}")).Body;
            pages.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => entry.ToString()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        pages.Count.ShouldBe(1_050);
        var ndjson = await ExportAsync("project=export&limit=3", "application/x-ndjson");
        ndjson.TrimEnd('\n').Split('\n').ShouldBe(pages);

        var csv = Csv.Parse(await ExportAsync("project=export", "text/csv"));
        csv.ShouldAllBe(line => line.Count == csv[0].Count);
        csv.Skip(1).Select(line => (line[csv[0].IndexOf("cancelId")], line[csv[0].IndexOf("sequenceId")])).ShouldBe(
            pages.Select(page => JsonSerializer.Deserialize<JsonElement>(page)).SelectMany(entry => entry.GetProperty("runs").EnumerateArray()
                .Select(run => (entry.GetProperty("cancelId").GetString()!, run.GetProperty("sequenceId").GetString()!))));
    }

    [Fact]
    public async Task Texts_with_quotes_and_line_ends_are_one_field_and_formulas_are_not_executed()
    {
        await CancelAsync(await TriggerAsync("=HYPERLINK(\"x\")", "one"), "first, \"quoted\"\r\nsecond");
        await CancelAsync(await TriggerAsync("=HYPERLINK(\"x\")", "one"), "@SUM(A1)");

        var csv = Csv.Parse(await ExportAsync($"project={Uri.EscapeDataString("=HYPERLINK(\"x\")")}", "text/csv"));

        csv.Skip(1).Select(line => line[csv[0].IndexOf("reason")]).ShouldBe(["'@SUM(A1)", "first, \"quoted\"\r\nsecond"]);
        csv[1][csv[0].IndexOf("project")].ShouldBe("'=HYPERLINK(\"x\")");
    }

    [Fact]
    public async Task A_request_that_targeted_nothing_has_a_line_for_each_run_that_it_skipped()
    {
        var session = await TriggerAsync("skipped", "one");
        await CancelAsync(session);
        await client.PostBodyAsync(
            $"/ledger/sessions/{session.SessionId}/cancel", new { sequenceIds = new[] { session.Run, Guid.NewGuid() }, cause = "system" });

        var csv = Csv.Parse(await ExportAsync("project=skipped&outcome=refused", "text/csv"));

        csv.Skip(1).Select(line => line[csv[0].IndexOf("skipped")]).ShouldBe(["alreadyFinished", "unknown"]);
    }

    [Fact]
    public async Task An_export_of_nothing_is_a_header_or_nothing()
    {
        (await ExportAsync("project=nothing", "text/csv")).ShouldStartWith("cancelId,sessionId,");
        (await ExportAsync("project=nothing", "application/x-ndjson")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, AuditFormat.Json)]
    [InlineData("", AuditFormat.Json)]
    [InlineData("*/*", AuditFormat.Json)]
    [InlineData("application/json", AuditFormat.Json)]
    [InlineData("text/csv", AuditFormat.Csv)]
    [InlineData("TEXT/CSV; charset=utf-8; header=present", AuditFormat.Csv)]
    [InlineData("text/*", AuditFormat.Csv)]
    [InlineData("application/x-ndjson", AuditFormat.Ndjson)]
    [InlineData("application/json;q=0.5, text/csv", AuditFormat.Csv)]
    [InlineData("application/json;q=0.5, text/csv;q=0.4, application/x-ndjson;q=0.6", AuditFormat.Ndjson)]
    [InlineData("text/csv, */*;q=0.1", AuditFormat.Csv)]
    [InlineData("text/csv, */*", AuditFormat.Csv)]
    [InlineData("text/csv;q=0, */*", AuditFormat.Json)]
    [InlineData("application/json;q=0, text/csv;q=0, */*;q=0.1", AuditFormat.Ndjson)]
    [InlineData("image/png", AuditFormat.Json)]
    [InlineData("text/csv;q=0", AuditFormat.Json)]
    [InlineData("complete nonsense,,;;/", AuditFormat.Json)]
    public void The_format_is_the_one_that_the_client_likes_best(string? accept, object format)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Accept = accept;

        AuditFormats.Asked(context.Request).ShouldBe((AuditFormat)format);
    }

    private async Task<string> ExportAsync(string query, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/ledger/audit/cancels?{query}");
        request.Headers.Accept.ParseAdd(accept);
        using var response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(accept);
        response.Headers.Vary.ShouldContain("Accept");
        return await response.Content.ReadAsStringAsync();
    }

    private Task<Triggered> TriggerAsync(string project, params IReadOnlyList<string> locations) => client.TriggerAsync(new
    {
        kind = "check",
        name = "Checkout",
        project,
        runs = locations.Select(location => new { checkType = "PLAYWRIGHT", name = "checkout", location }),
    });

    private async Task CancelAsync(Triggered session, string? reason = null) =>
        (await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason })).Status.ShouldBe(HttpStatusCode.Accepted);
}
