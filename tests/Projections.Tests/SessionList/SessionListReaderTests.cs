using System.Text.Json;
using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Projections.Tests.SessionList;

public sealed class SessionListReaderTests : LedgerTest
{
    private static readonly SessionListQuery All = new(Account);

    private readonly Random random = new(1);

    private ReadModelHost? daemon;

    private SessionListReader Reader => new(DataSource);

    [Fact]
    public async Task Sessions_are_listed_newest_first_and_only_those_of_the_account()
    {
        var first = await TriggerAsync(Some.Session(Account));
        var second = await TriggerAsync(Some.Session(Account));
        await TriggerAsync(Some.Session(Guid.NewGuid()));

        await ShouldListAsync(All, second, first);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_though_sessions_are_added_meanwhile()
    {
        var sessions = new List<SessionSnapshot>();
        for (var n = 0; n < 7; n++)
        {
            sessions.Insert(0, await TriggerAsync(Some.Session(Account)));
        }

        await CatchUpAsync();
        var seen = new List<long>();
        string? cursor = null;
        do
        {
            SessionListCursor.TryRead(cursor, out var before);
            var page = await Reader.ReadAsync(All with { Limit = 3, BeforeNumber = cursor is null ? null : before });
            seen.AddRange(page.Sessions.Select(session => session.Number));
            cursor = page.NextCursor;
            await TriggerAsync(Some.Session(Account));
            await CatchUpAsync();
        }
        while (cursor is not null);

        seen.ShouldBe(sessions.Select(session => session.FirstPosition));
    }

    [Fact]
    public async Task A_page_that_is_exactly_full_is_the_last_one()
    {
        await TriggerAsync(Some.Session(Account));
        await TriggerAsync(Some.Session(Account));
        await CatchUpAsync();

        (await Reader.ReadAsync(All with { Limit = 2 })).NextCursor.ShouldBeNull();
        (await Reader.ReadAsync(All with { Limit = 1 })).NextCursor.ShouldNotBeNull();
    }

    [Fact]
    public async Task Each_filter_lets_through_what_it_names_and_nothing_else()
    {
        var check = Guid.NewGuid();
        var other = await TriggerAsync(Some.Session(Account));
        Clock.Advance(TimeSpan.FromMinutes(1));
        var asked = await TriggerAsync(Some.Session(Account, SessionKind.Test, runs: 2, checkId: check) with
        {
            Project = "shop",
            Source = SessionSource.ScheduleNow,
            ConcurrencyGroup = "deploy",
            Actor = new Actor(ActorKind.User, "u-7", "Ines"),
            Metadata = Some.Json("""{"branchName": "main", "environment": "staging", "commitOwner": "jo", "commitMessage": "Pay 100% less"}"""),
        });
        await CancelAsync(other);
        var at = asked.Session.TriggeredAt;

        var filters = new SessionListQuery[]
        {
            All with { Kind = SessionKind.Test },
            All with { Statuses = [SessionStatus.Running, SessionStatus.Passed] },
            All with { Project = "shop" },
            All with { From = at },
            All with { CheckId = check },
            All with { Branches = ["develop", "main"] },
            All with { Users = ["jo"] },
            All with { Users = ["u-7"] },
            All with { Sources = [SessionSource.ScheduleNow] },
            All with { Environments = ["production", "staging"] },
            All with { ConcurrencyGroup = "deploy" },
            All with { TextSearch = "100% LESS" },
            All with { OnlyOpen = true },
            All with { AfterNumber = other.FirstPosition },
            All with { Kind = SessionKind.Test, Project = "shop", OnlyOpen = true, Branches = ["main"], TextSearch = "pay" },
        };
        foreach (var filter in filters)
        {
            await ShouldListAsync(filter, asked);
        }

        await ShouldListAsync(All with { To = at }, other);
        await ShouldListAsync(All with { WithoutProject = true }, other);
        await ShouldListAsync(All with { Statuses = [SessionStatus.Cancelled] }, other);
        await ShouldListAsync(All with { BeforeNumber = asked.FirstPosition }, other);
        await ShouldListAsync(All with { TextSearch = "100_ less" });
        await ShouldListAsync(All with { CheckId = Guid.NewGuid() });
    }

    [Fact]
    public async Task A_numbered_page_says_how_many_there_are_in_all_though_it_may_be_empty_itself()
    {
        var sessions = new List<SessionSnapshot>();
        for (var n = 0; n < 5; n++)
        {
            sessions.Insert(0, await TriggerAsync(Some.Session(Account) with { Project = "shop" }));
        }

        await TriggerAsync(Some.Session(Account));
        await CatchUpAsync();

        foreach (var (offset, expected) in new[] { (0, 0..2), (2, 2..4), (4, 4..5), (6, 5..5) })
        {
            var page = await Reader.ReadCountedAsync(All with { Project = "shop", Limit = 2, Offset = offset });

            page.Total.ShouldBe(5);
            page.Sessions.Select(session => session.Number).ShouldBe(sessions.Take(expected).Select(session => session.FirstPosition));
        }

        (await Reader.ReadCountedAsync(All with { Project = "other" })).Total.ShouldBe(0);
    }

    [Fact]
    public async Task Plain_runs_are_found_by_their_state_settled_or_not()
    {
        var sessions = new List<SessionSnapshot>();
        for (var n = 0; n < 5; n++)
        {
            sessions.Add(await TriggerAsync(Some.Session(Account, SessionKind.Run)));
        }

        await TriggerAsync(Some.Session(Account));
        await ClaimAsync(sessions[1], "r");
        await StartRunAsync(await ClaimAsync(sessions[2], "r"), "r");
        await ReportAsync(await ClaimAsync(sessions[3], "r"), "r", hasFailures: true);
        await CancelAsync(sessions[4]);

        await ShouldListAsync(All with { RunStates = [RunState.Queued] }, sessions[0]);
        await ShouldListAsync(All with { RunStates = [RunState.Claimed, RunState.Running] }, sessions[2], sessions[1]);
        await ShouldListAsync(All with { RunStates = [RunState.Failed, RunState.Queued] }, sessions[3], sessions[0]);
        await ShouldListAsync(All with { RunStates = [RunState.Cancelled] }, sessions[4]);
        await ShouldListAsync(All with { RunStates = [RunState.Lost, RunState.TimedOut, RunState.Passed, RunState.Degraded] });
    }

    [Fact]
    public async Task Sessions_without_a_project_are_listed_beside_those_of_one_when_asked_for()
    {
        var without = await TriggerAsync(Some.Session(Account) with { Project = null });
        var shop = await TriggerAsync(Some.Session(Account) with { Project = "shop" });
        await TriggerAsync(Some.Session(Account) with { Project = "bank" });

        await ShouldListAsync(All with { Project = "shop" }, shop);
        await ShouldListAsync(All with { Project = "shop", OrWithoutProject = true }, shop, without);
    }

    [Fact]
    public async Task The_environments_of_what_a_query_finds_are_named_once_each()
    {
        (string, string)[] places = [("shop", "staging"), ("shop", "staging"), ("shop", "production"), ("blog", "preview")];
        foreach (var (project, environment) in places)
        {
            await TriggerAsync(Some.Session(Account) with
            {
                Project = project,
                Metadata = Some.Json($$"""{"environment": "{{environment}}"}"""),
            });
        }

        await TriggerAsync(Some.Session(Account) with { Project = "shop" });
        await CatchUpAsync();

        (await Reader.EnvironmentsAsync(All with { Project = "shop" })).ShouldBe(["production", "staging"], ignoreOrder: true);
    }

    [Fact]
    public async Task The_longest_texts_that_callers_may_choose_are_listed_and_found()
    {
        // Random ideographs: three bytes each, and nothing that an index could compress.
        string Text(int length) => new([.. Enumerable.Range(0, length).Select(_ => (char)random.Next(0x4e00, 0xa000))]);
        var (project, batch, suite) = (Text(Limits.Name), Text(Limits.Name), Text(Limits.Name));
        var session = await TriggerAsync(Some.Session(Account, SessionKind.Test, location: Text(Limits.Name)).InGroup(Text(Limits.Name)) with
        {
            Name = Text(Limits.Name),
            Project = project,
            Metadata = Some.Json($$"""{"batchId": "{{batch}}", "checkRunSuiteId": "{{suite}}", "branchName": "{{Text(10_000)}}"}"""),
        });

        await ShouldListAsync(All with { Project = project }, session);
        await ShouldListAsync(All with { TextSearch = session.Session.Name[100..200] }, session);
        await ShouldListAsync(All with { Metadata = new Dictionary<string, string> { ["batchId"] = batch } }, session);
        await ShouldListAsync(All with { Metadata = new Dictionary<string, string> { ["checkRunSuiteId"] = suite } }, session);
    }

    [Fact]
    public async Task A_text_is_found_by_its_index_whatever_its_case_and_signs()
    {
        for (var n = 0; n < 40; n++)
        {
            await TriggerAsync(Some.Session(Account, SessionKind.Test) with { Name = $"Smoke {n}", Metadata = Some.Json("""{"branchName": "main"}""") });
        }

        var asked = await TriggerAsync(Some.Session(Account, SessionKind.Test) with
        {
            Name = "Grüße_AUS İzmir 😀",
            Metadata = Some.Json("""{"branchName": "feature/x", "commitMessage": "back\\slash"}"""),
        });
        await CatchUpAsync();
        await using var many = DataSource.CreateCommand(
            """
            insert into ledger.session_list (account_id, session_id, number, kind, status, name, source, actor_kind, actor_id, metadata, check_ids, open,
              passed, failed, degraded, cancelled, timed_out, lost, reported, triggered_at, last_position, version, location, search, trigrams)
            select account_id, gen_random_uuid(), number * -1000 - n, kind, status, name, source, actor_kind, actor_id, metadata, check_ids, open, passed, failed,
              degraded, cancelled, timed_out, lost, reported, triggered_at, last_position, version, location, search, trigrams
            from ledger.session_list cross join generate_series(1, 500) n where name like 'Smoke%';
            analyze ledger.session_list
            """);
        await many.ExecuteNonQueryAsync();

        foreach (var text in (string[])["grüße", "ßE_aus", "😀", "r 😀", "BACK\\S", "x\u0001back"])
        {
            var isThere = !text.Contains('\u0001', StringComparison.Ordinal);
            await ShouldListAsync(All with { Kind = SessionKind.Test, TextSearch = text }, isThere ? [asked] : []);
        }

        await ShouldListAsync(All with { Kind = SessionKind.Test, TextSearch = "grüße aus" });
        await using var command = DataSource.CreateCommand();
        command.CommandText = $"explain select number from ledger.session_list where {SessionListConditions.Of(
            All with { Kind = SessionKind.Test, TextSearch = "feature/x" }, command)} order by number desc limit 21";
        var plan = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(0));
        }

        string.Join('\n', plan).ShouldContain("Bitmap Index Scan on session_list_by_trigram");
    }

    [Fact]
    public async Task Of_metadata_that_are_large_a_list_shows_the_small_members()
    {
        await TriggerAsync(Some.Session(Account) with
        {
            Metadata = Some.Json($$"""{"log": "{{new string('x', 900_000)}}", "branchName": "main", "parts": [1, 2]}"""),
        });
        await CatchUpAsync();

        var listed = (await Reader.ReadAsync(All)).Sessions.Single().Metadata!.Value;
        JsonElement.DeepEquals(listed, Some.Json("""{"branchName": "main", "parts": [1, 2]}""")).ShouldBeTrue(listed.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SessionListQuery.MaximumLimit + 1)]
    public async Task A_page_has_a_limit(int limit) =>
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => Reader.ReadAsync(All with { Limit = limit }));

    private async Task ShouldListAsync(SessionListQuery query, params SessionSnapshot[] expected)
    {
        await CatchUpAsync();
        (await Reader.FindAsync(query)).Sessions
            .ShouldBe(expected.Select(session => new FoundSession(session.Session.Id, session.FirstPosition)), query.ToString());
    }

    private async Task CatchUpAsync()
    {
        daemon ??= await StartDaemonAsync(new SessionListProjection());
        (await daemon.WaitForHeadAsync(SessionListReader.ProjectionName, Patience)).ShouldBeTrue();
    }
}
