using System.Text.Json;
using Ledger.Http.Settings;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Demo;

/// <summary>The demo fills an account with a past that reads like any other.</summary>
public sealed class DemoTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private const int Days = 4;

    [Fact]
    public async Task An_empty_account_gets_sessions_cancels_and_alerts_of_the_last_days_and_a_full_one_is_refused()
    {
        var (ledger, client) = (fixture.Ledger, fixture.Ledger.Client);

        await Http.Demo.Demo.FillAsync(ledger.Services, ledger.AccountId, Days, CancellationToken.None);

        var now = DateTimeOffset.UtcNow;
        var sessions = await PagesAsync("/ledger/sessions?limit=100");
        sessions.Count.ShouldBeGreaterThan(50);
        sessions.ShouldAllBe(session => session.GetProperty("triggeredAt").GetDateTimeOffset() < now);
        sessions[^1].GetProperty("triggeredAt").GetDateTimeOffset().ShouldBeLessThan(now.AddDays(-Days + 1));
        sessions.Select(session => session.GetProperty("triggeredAt").GetDateTimeOffset()).ShouldBeInOrder(SortDirection.Descending);
        sessions.ShouldAllBe(session => session.GetProperty("runCounts").GetProperty("open").GetInt32() == 0);

        var cancels = await PagesAsync("/ledger/audit/cancels?limit=100");
        cancels.ShouldContain(cancel => cancel.GetProperty("outcome").GetString() == "cancelled");
        foreach (var stopped in cancels.SelectMany(cancel => cancel.GetProperty("runs").EnumerateArray()).Where(run => run.GetProperty("how").GetString() == "graceful"))
        {
            string[] facts = ["requestedAt", "deliveredAt", "acknowledgedAt", "stoppedAt", "settledAt"];
            facts.Select(fact => stopped.GetProperty(fact).GetDateTimeOffset()).ShouldBeInOrder();
            stopped.GetProperty("evidence").GetProperty("processesLeft").GetInt32().ShouldBe(0);
        }

        var days = (await client.ReadAsync($"/ledger/reports/cancellations?from={now.AddDays(-Days - 1):yyyy-MM-dd}T00:00:00Z&groupBy=day")).Body;
        days.GetProperty("buckets").EnumerateArray().Sum(day => day.GetProperty("report").GetProperty("total").GetInt64()).ShouldBe(cancels.Count);
        (await PagesAsync("/ledger/incidents?limit=100")).ShouldContain(incident => incident.GetProperty("state").GetString() == "open");

        (await Should.ThrowAsync<SettingsException>(() => Http.Demo.Demo.StartAsync(ledger.Services, CancellationToken.None)))
            .Message.ShouldContain("is not empty");

        async Task<List<JsonElement>> PagesAsync(string address)
        {
            var all = new List<JsonElement>();
            string? cursor = null;
            do
            {
                var page = (await client.ReadAsync($"{address}{(cursor is null ? "" : $"&cursor={cursor}")}")).Body;
                all.AddRange(page.GetProperty("entries").EnumerateArray());
                cursor = page.GetProperty("nextCursor").GetString();
            }
            while (cursor is not null);
            return all;
        }
    }
}
