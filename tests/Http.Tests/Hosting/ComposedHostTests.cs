using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Alba;
using Ledger.Http.AlertChannels.Sending;
using Ledger.Http.Bundles;
using Ledger.Projections.AlertChannels;
using Ledger.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wolverine;
using Wolverine.Runtime;

namespace Ledger.Http.Tests.Hosting;

/// <summary>The program as it is run, in this process: what it is made of, what it asks the database, and what it does about a part that breaks.</summary>
public sealed partial class ComposedHostTests(ComposedHost composed) : IClassFixture<ComposedHost>
{
    private HttpClient Client => composed.Client;

    [Fact]
    public async Task It_is_made_of_these_parts()
    {
        composed.Services.GetServices<IHostedService>().Select(service => service.GetType().FullName!)
            .Where(name => name.StartsWith("Ledger.", StringComparison.Ordinal)).Order()
            .ShouldBe(["Ledger.Http.Checkly.Live.LiveResults", "Ledger.Http.Hosting.LedgerLifetime"]);
        composed.Services.GetRequiredService<BackgroundLoops>().Names.Order().ShouldBe(
            [
                "claims", "daemon", "database-watch", "deadlines", "keys", "repairs", "runner-signals", "runners", "session-changes-listen",
                "session-changes-read", "session-changes-send",
            ]);
        var messages = composed.Services.GetRequiredService<IWolverineRuntime>();
        messages.Options.Schedules.Select(schedule => schedule.MessageType.Name).Order().ShouldBe([nameof(ForgetDeliveries), nameof(RemoveOldBundles)]);
        await Eventually.Become(
            async () => await composed.ScalarAsync<string>(
                "select string_agg(name, ' ' order by name) from ledger.mt_event_progression where name like '%:All'"),
            shards => shards == "ReadModels:All alert_deliveries:All supersede:All");
    }

    [Fact]
    public void Every_endpoint_needs_a_key_but_these()
    {
        var routes = composed.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();

        routes.Count.ShouldBeGreaterThan(100);
        routes.Where(route => route.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(route => route.RoutePattern.RawText!.TrimStart('/'))
            .Where(path => !path.StartsWith("_content/", StringComparison.Ordinal) && !path.StartsWith("_framework/", StringComparison.Ordinal)).Order()
            .ShouldBe(
            [
                "docs/favicon.svg", "docs/scalar.aspnetcore.js", "docs/scalar.js", "docs/{documentName?}", "health/live", "health/ready",
                "openapi/{documentName}.json", "sign-in", "sign-in/oidc", "sign-in/session", "v1/groups/webhook/{webhookId}/{secret}",
            ]);
    }

    [Fact]
    public async Task A_cancel_of_a_session_that_was_used_just_now_is_one_commit_and_reads_nothing()
    {
        await CancelAsync(await Client.TriggerAsync("warm"));
        var session = await Client.TriggerAsync("cancel");

        var asked = await composed.WatchAsync(() => CancelAsync(session));

        asked.Own.ShouldBeEmpty("nothing is asked on behalf of the request itself");
        asked.All.Count(sql => Appends().IsMatch(sql)).ShouldBe(1, string.Join("\n---\n", asked.All));
        asked.All.ShouldNotContain(sql => ReadsStreams().IsMatch(sql));

        async Task CancelAsync(Triggered triggered) =>
            (await Client.PostBodyAsync($"/ledger/sessions/{triggered.SessionId}/cancel", null)).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public void No_file_of_settings_is_watched() =>
        ((IConfigurationRoot)composed.Services.GetRequiredService<IConfiguration>()).Providers.OfType<FileConfigurationProvider>().ToList()
            .ShouldSatisfyAllConditions(files => files.ShouldNotBeEmpty(), files => files.ShouldAllBe(file => !file.Source.ReloadOnChange));

    [Fact]
    public async Task A_key_that_is_used_all_the_time_is_read_once_a_second()
    {
        var took = Stopwatch.StartNew();

        var asked = await composed.WatchAsync(async () =>
        {
            for (var n = 0; n < 50; n++)
            {
                (await Client.ReadAsync($"/ledger/sessions/{Guid.Empty}")).Status.ShouldBe(HttpStatusCode.NotFound);
            }
        });

        asked.OfKeys.Count.ShouldBeLessThanOrEqualTo(1 + (int)(took.Elapsed / ApiKeys.Trust));
    }

    [Fact]
    public async Task The_status_of_a_session_that_was_used_just_now_is_one_look_at_its_version_and_one_at_who_serves_what_waits()
    {
        var session = await Client.TriggerAsync("status");
        await Client.SessionAsync(session.SessionId);

        var asked = await composed.WatchAsync(() => Client.SessionAsync(session.SessionId));

        asked.Own.Count.ShouldBeLessThanOrEqualTo(2, string.Join("\n---\n", asked.Own));
    }

    [Fact]
    public async Task A_claim_asks_as_much_for_twenty_runs_as_for_one()
    {
        await ClaimAsync("cold", 1);

        (await ClaimAsync("many", 20)).Own.Count.ShouldBeLessThanOrEqualTo((await ClaimAsync("one", 1)).Own.Count + 1);

        async Task<Asked> ClaimAsync(string location, int count)
        {
            for (var n = 0; n < count; n++)
            {
                await Client.TriggerAsync(location);
            }

            await Client.ReadAsync("/ledger/sessions"); // Waits for the read models.
            return await composed.WatchAsync(async () =>
                (await Client.PostBodyAsync("/ledger/runners/one/claims", new { locations = new[] { location }, checkTypes = new[] { "PLAYWRIGHT" }, max = count }))
                    .Body.GetProperty("runs").GetArrayLength().ShouldBe(count));
        }
    }

    [Fact]
    public async Task A_list_of_fifty_sessions_asks_as_much_as_one_of_five()
    {
        for (var n = 0; n < 50; n++)
        {
            await Client.TriggerAsync("list");
        }

        await ListAsync(50);
        var (few, many) = (await ListAsync(5), await ListAsync(50));

        many.Count.ShouldBe(few.Count, string.Join("\n---\n", many));
        many.Count.ShouldBeLessThanOrEqualTo(3);

        // How often it looks whether the read model has come as far is a matter of time.
        async Task<IReadOnlyList<string>> ListAsync(int limit) =>
        [
            .. (await composed.WatchAsync(async () =>
                (await Client.ReadAsync($"/ledger/sessions?limit={limit}")).Body.GetProperty("entries").GetArrayLength().ShouldBe(limit)))
                .Own.Where(sql => !sql.Contains("mt_event_progression", StringComparison.Ordinal)),
        ];
    }

    [Fact]
    public async Task A_part_that_throws_is_named_by_ready_not_by_live_and_goes_on_afterwards()
    {
        // The deadlines cannot be swept without it.
        await composed.ExecuteAsync("alter table ledger.deadline_clock rename to clock_that_is_away");
        var unready = await Eventually.Become(() => Client.ReadAsync("/health/ready"), answer => answer.Status is HttpStatusCode.ServiceUnavailable);

        var failing = unready.Body.GetProperty("failing").EnumerateArray().Select(part => part.GetString()).ToList();
        failing.ShouldContain("deadlines");
        failing.ShouldBeSubsetOf(["deadlines", "runners"], "Who has claimed runs is kept by the same clock.");
        await composed.Host.Scenario(live =>
        {
            live.Get.Url("/health/live");
            live.StatusCodeShouldBeOk();
        });
        await composed.ExecuteAsync("alter table ledger.clock_that_is_away rename to deadline_clock");

        await Eventually.Become(() => Client.ReadAsync("/health/ready"), answer => answer.Status is HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_message_that_could_not_be_handled_is_shown_and_counted_and_can_be_handled_again_or_given_up()
    {
        var (replayed, discarded) = (await FailAsync("deliver-alert"), await FailAsync("Ledger.Projections.AlertChannels.DeliverAlert"));

        var list = (await Client.ReadAsync("/ledger/dead-letters")).Body;
        list.GetProperty("count").GetInt32().ShouldBe(2);
        var entry = list.GetProperty("entries").EnumerateArray().Single(each => each.GetProperty("id").GetGuid() == replayed);
        entry.GetProperty("message").GetString().ShouldBe("deliver-alert");
        entry.GetProperty("error").GetString().ShouldBe("System.InvalidOperationException: The test has broken it.");
        (await Client.GetStringAsync("/metrics")).Split('\n').Where(line => line.StartsWith("ledger_dead_letters", StringComparison.Ordinal))
            .ShouldHaveSingleItem().TrimEnd().ShouldEndWith(" 2");
        (await Client.PostBodyAsync($"/ledger/dead-letters/{Guid.NewGuid()}/replay", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await Client.PostBodyAsync("/ledger/dead-letters/x/replay", null)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Client.ReadAsync("/ledger/dead-letters?page=0")).Status.ShouldBe(HttpStatusCode.BadRequest);

        (await Client.PostBodyAsync($"/ledger/dead-letters/{replayed}/replay", null)).Status.ShouldBe(HttpStatusCode.Accepted);
        using var given = await Client.DeleteAsync($"/ledger/dead-letters/{discarded}");

        given.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.Become(
            async () => (await Client.ReadAsync("/ledger/dead-letters")).Body.GetProperty("count").GetInt32(), count => count == 0);
        await BecomeHandledAsync(replayed);
    }

    [Fact]
    public async Task A_message_that_an_earlier_version_has_stored_under_the_name_of_its_type_is_handled()
    {
        var earlier = await FailAsync("Ledger.Projections.AlertChannels.DeliverAlert");

        (await Client.PostBodyAsync($"/ledger/dead-letters/{earlier}/replay", null)).Status.ShouldBe(HttpStatusCode.Accepted);

        await BecomeHandledAsync(earlier);
    }

    private async Task BecomeHandledAsync(Guid message)
    {
        await Eventually.Become(
            () => composed.ScalarAsync<long>($"select count(*) from wolverine.wolverine_dead_letters where id = '{message}'"), count => count == 0);
        await Eventually.Become(
            () => composed.ScalarAsync<string>($"select coalesce(max(status), 'Handled') from wolverine.wolverine_incoming_envelopes where id = '{message}'"),
            status => status == "Handled");
    }

    /// <summary>A delivery that there is not, which a handler finds nothing to do about, as one that could not be handled.</summary>
    private async Task<Guid> FailAsync(string name)
    {
        var messages = composed.Services.GetRequiredService<IWolverineRuntime>();
        var envelope = new Envelope(new DeliverAlert(-1))
        {
            Id = Guid.NewGuid(),
            MessageType = name,
            Destination = new Uri($"local://{name.ToLowerInvariant()}/"),
            Serializer = messages.Options.DefaultSerializer,
            Status = EnvelopeStatus.Incoming,
            OwnerId = messages.DurabilitySettings.AssignedNodeNumber,
        };
        await messages.Storage.Inbox.StoreIncomingAsync(envelope);
        await messages.Storage.Inbox.MoveToDeadLetterStorageAsync(envelope, new InvalidOperationException("The test has broken it."));
        return envelope.Id;
    }

    [GeneratedRegex("mt_quick_append_events", RegexOptions.None, 1000)]
    private static partial Regex Appends();

    [GeneratedRegex(@"from ledger\.mt_events e\s+where e\.tenant_id", RegexOptions.None, 1000)]
    private static partial Regex ReadsStreams();
}

/// <summary>What the database was asked while something was done.</summary>
/// <param name="Own">In the trace of the request, but for its key: that is read once a second and not for each request.</param>
/// <param name="OfKeys">What was asked of its key.</param>
/// <param name="All">By anybody in the host.</param>
public sealed record Asked(IReadOnlyList<string> Own, IReadOnlyList<string> OfKeys, IReadOnlyList<string> All);

/// <summary>The program, without a network, on a database of its own.</summary>
public sealed class ComposedHost : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private readonly ConcurrentQueue<Activity> statements = new();
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ledger-composed-");
    private readonly ActivityListener listener;
    private readonly string name;

    public ComposedHost()
    {
        name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("db.query.text") is string && name.Equals(activity.GetTagItem("db.namespace")))
                {
                    statements.Enqueue(activity);
                }
            },
        };
    }

    internal IAlbaHost Host { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    internal IServiceProvider Services => Host.Services;

    public async Task InitializeAsync()
    {
        ActivitySource.AddActivityListener(listener);
        const string Key = "a-key-for-the-composed-host";
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "appsettings.json"), JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["ConnectionStrings:Ledger"] = database.ConnectionString,
            ["Ledger:SingleHost"] = "true",
            ["Ledger:RateLimit:Requests"] = "1000000",
            ["Ledger:ReadModels:WaitSeconds"] = "30",
            ["Ledger:Bootstrap:Account"] = Guid.NewGuid().ToString(),
            ["Ledger:Bootstrap:ApiKey"] = Key,
        }));
        Host = await AlbaHost.For<Program>(builder => builder.UseContentRoot(folder.FullName).UseEnvironment("Production"));
        Client = Host.Server.CreateClient();
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        await (Host?.DisposeAsync() ?? ValueTask.CompletedTask);
        listener.Dispose();
        folder.Delete(recursive: true);
        database.Dispose();
    }

    /// <summary>Does something in a trace of its own.</summary>
    internal async Task<Asked> WatchAsync(Func<Task> request)
    {
        statements.Clear();
        using var trace = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        Client.DefaultRequestHeaders.Remove("traceparent");
        Client.DefaultRequestHeaders.Add("traceparent", trace.Id);
        await request();
        Client.DefaultRequestHeaders.Remove("traceparent");
        var seen = statements.ToArray();
        var own = seen.Where(activity => activity.TraceId == trace.TraceId).Select(Text).ToLookup(ReadsKey);
        return new Asked([.. own[false]], [.. own[true]], [.. seen.Select(Text)]);

        static bool ReadsKey(string sql) => sql.Contains("mt_doc_apikey", StringComparison.Ordinal);

        static string Text(Activity activity) => (string)activity.GetTagItem("db.query.text")!;
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }
}
