using System.Net;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>The list that <c>stably runs list</c> asks for, with all its filters (docs/dialects/stably.md#command-line).</summary>
public sealed class ListRunsTests(StablyLedger ledger) : IClassFixture<StablyLedger>
{
    private readonly string project = StablyLedger.NewProject();

    [Fact]
    public async Task A_project_without_runs_has_an_empty_list() =>
        (await ledger.ListAsync(project)).ShouldBeOk("""{"runs":[],"hasMore":false}""");

    [Fact]
    public async Task A_run_that_was_just_created_is_in_the_list_with_what_is_known_of_it()
    {
        var run = await ledger.CreateAsync(project);

        (await ledger.ListAsync(project)).ShouldBeOk(
            $$"""{"runs":[{"runId":"{{run}}","status":"QUEUED","branchName":null,"startedAt":null,"totalCount":0}],"hasMore":false}""");
    }

    [Fact]
    public async Task Pages_follow_each_other_from_the_newest_on_and_newer_ones_are_found_from_any_run()
    {
        var runs = new List<Guid>();
        for (var n = 0; n < 5; n++)
        {
            runs.Insert(0, await ledger.CreateAsync(project));
            await ledger.CreateAsync(StablyLedger.NewProject());
        }

        (await ledger.ListAsync(project, "&limit=2")).Body.GetProperty("hasMore").GetBoolean().ShouldBeTrue();
        (await ledger.ListedAsync(project, "&limit=2")).ShouldBe(runs[..2]);
        (await ledger.ListedAsync(project, $"&limit=2&beforeRunId={runs[1]}")).ShouldBe(runs[2..4]);
        var last = await ledger.ListAsync(project, $"&limit=2&beforeRunId={runs[3]}");
        last.Body.GetProperty("runs").GetArrayLength().ShouldBe(1);
        last.Body.GetProperty("hasMore").GetBoolean().ShouldBeFalse();
        (await ledger.ListedAsync(project, $"&afterRunId={runs[2]}")).ShouldBe(runs[..2]);
        (await ledger.ListedAsync(project, $"&afterRunId={runs[4]}&beforeRunId={runs[0]}")).ShouldBe(runs[1..4]);
    }

    [Fact]
    public async Task Each_filter_lets_through_what_it_names()
    {
        var plain = await ledger.CreateAsync(project);
        var main = await ledger.CreateAsync(project, """{"branch":"main"}""");
        var nightly = (await ledger.Client.TriggerAsync(new
        {
            kind = "run",
            name = "nightly",
            source = "SCHEDULER",
            project,
            metadata = new { suiteName = "nightly", branchName = "develop" },
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "nightly", location = "eu-central-1" } },
        })).SessionId;

        (await ledger.ListedAsync(project, "&branchName=main")).ShouldBe([main]);
        (await ledger.ListedAsync(project, "&suiteName=nightly")).ShouldBe([nightly]);
        (await ledger.ListedAsync(project, "&trigger=API")).ShouldBe([main, plain]);
        (await ledger.ListedAsync(project, "&trigger=SCHEDULED&source=WEB")).ShouldBe([nightly]);
        (await ledger.ListedAsync(project, "&source=CI")).ShouldBe([main, plain]);
        (await ledger.ListedAsync(project, "&source=LOCAL")).ShouldBeEmpty();
        (await ledger.ListedAsync(project, "&source=LOCAL&trigger=SCHEDULED")).ShouldBeEmpty();
        (await ledger.ListedAsync(project, "&branchName=&suiteName=&unknown=1")).ShouldBe([nightly, main, plain]);
    }

    [Fact]
    public async Task A_list_shows_a_cancel_as_soon_as_it_was_answered()
    {
        var run = await ledger.CreateAsync(project);
        await ledger.CreateAsync(project);

        await ledger.CancelAsync(project, run);

        (await ledger.ListedAsync(project, "&limit=5&status=CANCELLED")).ShouldBe([run]);
    }

    [Theory]
    [InlineData("?limit=5", "projectId")]
    [InlineData("?projectId=", "projectId")]
    [InlineData("?projectId=p&limit=0", "limit")]
    [InlineData("?projectId=p&limit=101", "limit")]
    [InlineData("?projectId=p&limit=ten", "limit")]
    [InlineData("?projectId=p&status=cancelled", "status")]
    [InlineData("?projectId=p&status=", "status")]
    [InlineData("?projectId=p&status=PASSED&status=FAILED", "status")]
    [InlineData("?projectId=p&source=MOON", "source")]
    [InlineData("?projectId=p&trigger=CRON", "trigger")]
    [InlineData("?projectId=p&beforeRunId=run_8f3kq2", "beforeRunId")]
    [InlineData("?projectId=p&afterRunId=5f0c1f6e-9d5c-4b0a-8d36-000000000000", "afterRunId")]
    public async Task A_bad_value_is_400_naming_it(string query, string name) =>
        (await ledger.Client.ReadAsync($"/internal/v1/cli/runs{query}")).ShouldBeBadRequestNaming(name);

    [Fact]
    public async Task A_run_of_another_project_is_no_place_in_this_list()
    {
        var elsewhere = await ledger.CreateAsync(StablyLedger.NewProject());

        (await ledger.ListAsync(project, $"&beforeRunId={elsewhere}")).ShouldBeBadRequestNaming("beforeRunId");
    }

    [Fact]
    public async Task Another_account_sees_nothing_of_it()
    {
        await ledger.CreateAsync(project);
        using var other = await ledger.ClientOfAnotherAccountAsync();

        var answer = await other.ReadAsync($"/internal/v1/cli/runs?projectId={project}");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Body.GetProperty("runs").GetArrayLength().ShouldBe(0);
    }
}
