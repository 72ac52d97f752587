using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Ledger.Bench.CatchUp;
using Ledger.Sessions.Events;
using Microsoft.Playwright;

namespace Ledger.Bench.Pages;

/// <summary>What somebody waits for who looks at the web page of a ledger with many sessions, and what an open page costs the host.</summary>
internal sealed class PageTimes(HostProcess host, IBrowserContext context)
{
    private const int Repeats = 7;
    private const int LargeRuns = 10_000;
    private const int OpenPages = 200;

    /// <summary>Fills the database, starts the host as it is shipped, and measures it from outside.</summary>
    public static async Task RunAsync(string connectionString, BenchDatabase database, string folder, int sessions)
    {
        await using var host = await HostProcess.StartAsync(connectionString, folder);
        var clock = Stopwatch.StartNew();
        var count = 0;
        var histories = new Histories(7, TimeSpan.FromMilliseconds(2_592_000_000.0 / (sessions * 9L))) { AccountId = host.AccountId };
        await EventImport.RunAsync(
            database.Source, host.AccountId, histories.Events().TakeWhile(told => told.Data is not SessionTriggered || count++ < sessions));
        Console.WriteLine($"{sessions} sessions written in {clock.Elapsed.TotalSeconds:0} s");
        await host.CatchUpAsync();
        await using (var vacuum = database.Source.CreateCommand("vacuum analyze"))
        {
            vacuum.CommandTimeout = 0;
            await vacuum.ExecuteNonQueryAsync();
        }

        Console.WriteLine($"read models had them after {clock.Elapsed.TotalSeconds:0} s");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--process-per-site"], // Hundreds of pages need not have a process each.
        });
        await using var context = await browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = host.Client.BaseAddress!.ToString() });
        var times = new PageTimes(host, context);
        await times.SignInAsync();
        await times.MeasureReadsAsync();
        var large = await times.TriggerAsync("Large", LargeRuns);
        await times.MeasureLoadAsync("a session of 10,000 runs", $"/sessions/{large}", "tr[data-run]");
        await times.MeasureLoadAsync("its history", $"/sessions/{large}?tab=history", ".history li");
        await times.MeasureLatencyAsync();
        await times.MeasureMemoryAsync("session", await times.RecentAsync());
        await times.MeasureMemoryAsync("session of 10,000 runs", [large]);
    }

    private async Task SignInAsync()
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync("/sign-in");
        await page.GetByLabel("API key").FillAsync(host.Key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/sessions");
        await page.CloseAsync();
    }

    private async Task MeasureReadsAsync()
    {
        Console.WriteLine("| page | first content ms | its rows ms | live ms |");
        Console.WriteLine("|---|---:|---:|---:|");
        await MeasureLoadAsync("sessions", "/sessions", "tr[data-session]");
        await MeasureLoadAsync("open ones", "/sessions?status=open", "tr[data-session]");
        await MeasureLoadAsync("cancelled ones", "/sessions?status=cancelled", "tr[data-session]");
        await MeasureLoadAsync("of a kind and a project", "/sessions?kind=run&project=project-7", "tr[data-session]");
        await MeasureLoadAsync("of the last hour", "/sessions?since=1h", ".card");
        await MeasureLoadAsync("words in names", "/sessions?q=suite%2042", "tr[data-session]");
        await MeasureLoadAsync("words that nothing has", "/sessions?q=nowhere%20at%20all", ".empty");
        await MeasureLoadAsync("a session by its id", $"/search?id={(await RecentAsync())[0]}", "tr[data-run]");
        await MeasureLoadAsync("a session", $"/sessions/{(await RecentAsync())[0]}", "tr[data-run]");
        await MeasureLoadAsync("cancellations", "/cancellations", "table.list tbody tr");
        var page = await context.NewPageAsync();
        await page.GotoAsync("/sessions");
        await page.Locator("[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        var took = new List<double>();
        for (var at = 0; at < Repeats; at++)
        {
            var clock = Stopwatch.StartNew();
            var (choice, word) = at % 2 == 0 ? ("failed", "failed") : ("passed", "passed");
            await page.GetByLabel("Status").SelectOptionAsync(choice);
            await page.Locator($"tbody tr:first-child [data-tone={word}]").WaitForAsync();
            await page.WaitForFunctionAsync($"[...document.querySelectorAll('tbody .state [data-tone]')].every(chip => chip.dataset.tone === '{word}')");
            took.Add(clock.Elapsed.TotalMilliseconds);
        }

        await page.CloseAsync();
        Console.WriteLine($"| another filter on the open page | | {Median(took):0} | |");
    }

    private async Task MeasureLoadAsync(string name, string address, string rows)
    {
        var (content, drawn, live) = (new List<double>(), new List<double>(), new List<double>());
        for (var at = 0; at < Repeats; at++)
        {
            var page = await context.NewPageAsync();
            var clock = Stopwatch.StartNew();
            await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.Commit });
            await page.Locator(rows).First.WaitForAsync();
            drawn.Add(clock.Elapsed.TotalMilliseconds);
            await page.Locator("[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
            await page.Locator(rows).First.WaitForAsync();
            live.Add(clock.Elapsed.TotalMilliseconds);
            content.Add(await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"));
            await page.CloseAsync();
        }

        Console.WriteLine($"| {name} | {Median(content):0} | {Median(drawn):0} | {Median(live):0} |");
    }

    /// <summary>From the answer to a cancel, which is durable then, to its being on the page.</summary>
    private async Task MeasureLatencyAsync()
    {
        var (onSession, onList) = (new List<double>(), new List<double>());
        var list = await context.NewPageAsync();
        await list.GotoAsync("/sessions");
        await list.Locator("[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        for (var at = 0; at < 3 * Repeats; at++)
        {
            var id = await TriggerAsync("To cancel", 1);
            var page = await context.NewPageAsync();
            await page.GotoAsync($"/sessions/{id}");
            await page.Locator("[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
            await page.Locator("[data-run] [data-tone=queued]").WaitForAsync();
            await list.Locator($"[data-session='{id}'] [data-tone=queued]").WaitForAsync();
            var committed = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            var seen = Task.WhenAll(
                SeenAsync(page.Locator("[data-run] [data-tone=not-run]"), committed.Task, onSession),
                SeenAsync(list.Locator($"[data-session='{id}'] [data-tone=cancelled]"), committed.Task, onList));
            (await host.Client.PostAsJsonAsync($"/ledger/sessions/{id}/cancel", new { })).EnsureSuccessStatusCode();
            committed.SetResult(Stopwatch.GetTimestamp());
            await seen;
            await page.CloseAsync();
        }

        await list.CloseAsync();
        Console.WriteLine($"from a cancel's commit to the page of the session: median {Median(onSession):0} ms, most {onSession.Max():0} ms");
        Console.WriteLine($"from a cancel's commit to the list: median {Median(onList):0} ms, most {onList.Max():0} ms");
    }

    private static async Task SeenAsync(ILocator locator, Task<long> committed, List<double> took)
    {
        await locator.WaitForAsync();
        var seenAt = Stopwatch.GetTimestamp();
        took.Add(Math.Max(0, Stopwatch.GetElapsedTime(await committed, seenAt).TotalMilliseconds));
    }

    private async Task MeasureMemoryAsync(string what, IReadOnlyList<Guid> ids)
    {
        var before = host.WorkingSetMegabytes;
        var pages = new List<IPage>();
        for (var at = 0; at < OpenPages; at++)
        {
            var page = await context.NewPageAsync();
            pages.Add(page);
            await page.GotoAsync($"/sessions/{ids[at % ids.Count]}");
            await page.Locator("[data-live]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
            await page.Locator("tr[data-run]").First.WaitForAsync();
        }

        var open = host.WorkingSetMegabytes;
        Console.WriteLine($"memory of the host: {before} MB, with {OpenPages} open pages of a {what} {open} MB: {open - before} MB more");
        foreach (var page in pages)
        {
            await page.CloseAsync();
        }
    }

    private async Task<Guid> TriggerAsync(string name, int runs)
    {
        using var answer = await host.Client.PostAsJsonAsync("/ledger/sessions", new
        {
            kind = "test",
            name,
            runs = Enumerable.Range(1, runs).Select(nth => new { checkType = "PLAYWRIGHT", name = $"{name} {nth}", location = "nowhere" }),
        });
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetGuid();
    }

    private async Task<IReadOnlyList<Guid>> RecentAsync() =>
        [.. (await host.Client.GetFromJsonAsync<JsonElement>("/ledger/sessions?limit=100")).GetProperty("entries").EnumerateArray()
            .Where(entry => entry.GetProperty("name").GetString()!.StartsWith("Suite", StringComparison.Ordinal)).Select(entry => entry.GetProperty("sessionId").GetGuid())];

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
