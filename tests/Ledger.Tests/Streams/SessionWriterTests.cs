using System.Collections.Concurrent;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Support;
using Npgsql;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

/// <summary>The one writer of session streams, on genuine Marten and PostgreSQL.</summary>
public sealed class SessionWriterTests(WriterDatabase database) : IClassFixture<WriterDatabase>
{
    [Fact]
    public async Task Two_hundred_identical_cancels_on_two_hosts_are_one_event_and_one_answer()
    {
        await using var one = await Host.WithAsync(database, [.. Running(Plan(A), Plan(B), Plan(C, Api)), Passed(B)]);
        await using var other = one.Other(database);

        var executed = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(n => Task.Run(() => (n % 2 == 0 ? one : other).CancelAsync())));

        var requested = (await one.EventsAsync<CancelRequested>()).ShouldHaveSingleItem();
        executed.Select(e => e.Decision.Answer!.CancelId).Distinct().ShouldBe([requested.CancelId]);
        executed.ShouldAllBe(e => e.Decision.Answer!.Targeted.SequenceEqual(new[] { A }));
        executed.Count(e => e.Decision.Answer!.IsNew).ShouldBe(1);
        executed.ShouldAllBe(e => e.Snapshot!.Session.FindRun(A)!.IsCancelling);
    }

    [Fact]
    public async Task Two_hundred_cancels_of_a_queued_session_are_one_request()
    {
        await using var host = await Host.WithAsync(database, Triggered());

        var executed = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => host.CancelAsync())));

        (await host.EventsAsync()).Select(recorded => recorded.Type).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
        executed.Count(e => e.Decision.Answer is not null).ShouldBe(1);
        executed.Count(e => e.Decision.Refusal?.Kind is RefusalKind.NothingToCancel).ShouldBe(199);
    }

    [Fact]
    public async Task Whoever_comes_while_one_is_written_is_written_together_each_decided_on_what_the_ones_before_it_left()
    {
        await using var host = await Host.WithAsync(database, Running());
        var (reached, release) = host.Hold();
        var first = host.ReportAsync(Numbered(0));
        await reached;

        var others = Enumerable.Range(1, 50).Select(n => host.ReportAsync(Numbered(n))).ToList();
        var pass = host.ReportAsync(Passed(A));
        var cancel = host.CancelAsync();
        release();
        await Task.WhenAll([first, pass, .. others]);

        (await cancel).Decision.Refusal!.Kind.ShouldBe(RefusalKind.NothingToCancel);
        host.Commits.ShouldBe([1, 52]);
        var events = await host.EventsAsync();
        events.Select(recorded => recorded.Version).ShouldBe(Enumerable.Range(1, events.Count).Select(n => (long)n));
        (await pass).Snapshot!.LastPosition.ShouldBe(events[^1].Position);
    }

    [Fact]
    public async Task A_rush_is_written_in_portions()
    {
        await using var host = await Host.WithAsync(database, Running());
        var (reached, release) = host.Hold();
        var first = host.ReportAsync(Numbered(0));
        await reached;

        var others = Enumerable.Range(1, 600).Select(n => host.ReportAsync(Numbered(n))).ToList();
        release();
        await Task.WhenAll([first, .. others]);

        host.Commits.ShouldBe([1, 256, 256, 88]);
    }

    [Fact]
    public async Task A_command_whose_data_the_database_refuses_fails_alone()
    {
        await using var host = await Host.WithAsync(database, Running());
        var (reached, release) = host.Hold();
        var first = host.ReportAsync(Numbered(0));
        await reached;

        var good = host.ReportAsync(Numbered(1));
        var bad = host.Streams.ExecuteAsync(
            host.Stream,
            (session, now) => Decision<Session>.Accept(session, Numbered(2) with { RunnerId = "\0" }),
            EventContext.None);
        var defect = host.Streams.ExecuteAsync<Session>(host.Stream, (_, _) => throw new FormatException("a defect"), EventContext.None);
        var another = host.ReportAsync(Numbered(3));
        release();

        await Task.WhenAll(first, good, another);
        await Should.ThrowAsync<UnstorableEventException>(() => bad);
        (await Should.ThrowAsync<FormatException>(() => defect)).Message.ShouldBe("a defect");
        (await host.EventsAsync<ResultReported>()).Select(result => result.Attempt).ShouldBe([0, 1, 3]);
    }

    [Fact]
    public async Task A_conflict_of_one_session_fails_nobody_elses_commands()
    {
        await using var host = await Host.WithAsync(database, Running());
        await using var neighbour = await Host.WithAsync(database, Running());
        await host.Streams.ReadAsync(host.Stream, default);
        await host.WriteBehindTheBackAsync(Passed(A));

        var stale = host.CancelAsync();
        var sound = host.Streams.ExecuteAsync(
            neighbour.Stream, (session, now) => RequestCancel.Decide(session, Cancel(), CancelPolicy.Default, now), EventContext.None);

        (await stale).Decision.Refusal!.Kind.ShouldBe(RefusalKind.NothingToCancel);
        (await sound).Decision.Answer!.IsNew.ShouldBeTrue();
        (await host.EventsAsync<CancelRequested>()).ShouldBeEmpty();
        (await host.EventsAsync<CancelRefused>()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_stale_cache_does_not_decide_that_nothing_has_to_be_recorded()
    {
        await using var host = await Host.WithAsync(database, [.. Running(Plan(A), Plan(B)), Requested(A)]);
        await host.Streams.ReadAsync(host.Stream, default);
        await host.WriteBehindTheBackAsync(Aborted(A));

        // To the cache the cancel is still under way, so that asking again would append nothing and succeed.
        var executed = await host.CancelAsync(Cancel(A) with { Actor = Bob });

        executed.Decision.Refusal!.Kind.ShouldBe(RefusalKind.NothingToCancel);
        (await host.EventsAsync<CancelRefused>()).ShouldHaveSingleItem().Actor.ShouldBe(Bob);
    }

    [Fact]
    public async Task The_answer_is_the_one_of_the_decision_that_was_recorded()
    {
        await using var host = await Host.WithAsync(database, Running());
        var raced = false;
        host.BeforeCommit = async () =>
        {
            if (!raced)
            {
                raced = true;
                await host.WriteBehindTheBackAsync(Requested(A));
            }
        };

        var executed = await host.CancelAsync(Cancel() with { CancelId = SecondCancel });

        (executed.Decision.Answer!.CancelId, executed.Decision.Answer.IsNew).ShouldBe((FirstCancel, false));
        (await host.EventsAsync<CancelRequested>()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_stream_that_never_stands_still_is_given_up_after_a_bounded_number_of_tries()
    {
        await using var host = await Host.WithAsync(database, Running());
        var commits = 0;
        host.BeforeCommit = async () =>
        {
            commits++;
            await host.WriteBehindTheBackAsync(Numbered(commits));
        };

        await Should.ThrowAsync<StoreUnavailableException>(() => host.ReportAsync(Passed(A)));

        commits.ShouldBe(13);
        (await host.EventsAsync<ResultReported>()).ShouldAllBe(result => result.ResultType == ResultType.Attempt);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_not_made_twice()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        await using var calm = await Host.WithAsync(database, Running());
        await using var host = new Host(source, calm.Stream);
        await host.Streams.ReadAsync(host.Stream, default);
        var cut = false;
        host.BeforeCommit = () =>
        {
            if (!cut)
            {
                cut = true;
                wire.Cut();
            }

            return Task.CompletedTask;
        };

        var executed = await host.CancelAsync();

        executed.Decision.Answer.ShouldNotBeNull();
        (await calm.EventsAsync<CancelRequested>()).ShouldHaveSingleItem().CancelId.ShouldBe(executed.Decision.Answer.CancelId);
    }

    [Fact]
    public async Task Who_waits_hears_of_a_commit_whose_answer_was_lost()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        await using var calm = await Host.WithAsync(database, Running());
        await using var host = new Host(source, calm.Stream);
        await Task.WhenAll(calm.Notes.StartAsync(default), host.Notes.StartAsync(default));
        var (atCalm, atHost) = (new ConcurrentQueue<long>(), new ConcurrentQueue<long>());
        using var elsewhere = calm.Changes.Follow(calm.Stream, recorded => atCalm.Enqueue(recorded.Version));
        using var here = host.Changes.Follow(calm.Stream, recorded => atHost.Enqueue(recorded.Version));
        elsewhere.Start(3);
        here.Start(3);
        var cut = false;
        host.BeforeCommit = () =>
        {
            if (!cut)
            {
                cut = true;
                wire.Cut();
            }

            return Task.CompletedTask;
        };

        await host.CancelAsync();

        await Eventually.Become(() => !atCalm.IsEmpty && !atHost.IsEmpty);
        atCalm.ShouldBe([4]);
        atHost.ShouldBe([4]);
    }

    [Fact]
    public async Task What_comes_for_an_archived_session_is_kept()
    {
        await using var host = await Host.WithAsync(database, [.. Running(), Passed(A)]);
        await using (var store = LedgerStore.Open(database.Source))
        {
            await using var session = store.LightweightSession(host.Stream.AccountId.ToString());
            session.Events.ArchiveStream(host.Stream.SessionId);
            await session.SaveChangesAsync();
        }

        var late = await host.ReportAsync(Passed(A) with { ResultId = Guid.NewGuid() });

        late.Decision.Answer!.Late.ShouldBeTrue();
        (await host.EventsAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Several_sessions_begin_together_or_not_at_all()
    {
        await using var host = await Host.WithAsync(database);
        var (one, two) = (Command(host), Command(host));

        var (sessions, refusal) = await host.Streams.TriggerAsync([one, two], new EventContext("Alice", "trace", "span"));
        refusal.ShouldBeNull();
        sessions.Select(snapshot => snapshot.Session.Id).ShouldBe([one.SessionId, two.SessionId]);
        sessions[1].FirstPosition.ShouldBeGreaterThan(sessions[0].FirstPosition);
        (await host.Log.ReadStreamAsync(sessions[0].Stream, 0, default)).ShouldHaveSingleItem().Context.ShouldBe(new EventContext("Alice", "trace", "span"));
        host.Commits.ShouldBe([2]);

        var third = Command(host);
        (await host.Streams.TriggerAsync([third, one with { Runs = [] }], EventContext.None)).Refusal!.Kind.ShouldBe(RefusalKind.Malformed);
        await Should.ThrowAsync<Exception>(() => host.Streams.TriggerAsync([third, one], EventContext.None));
        (await host.Streams.ReadAsync(new StreamId(host.Stream.AccountId, third.SessionId), default)).ShouldBeNull();
        (await host.Streams.TriggerAsync([], EventContext.None)).Sessions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_the_account_does_not_have_is_unknown()
    {
        await using var host = await Host.WithAsync(database, Running());
        var foreign = new StreamId(Guid.NewGuid(), host.Stream.SessionId);

        var executed = await host.Streams.ExecuteAsync(
            foreign, (session, now) => RequestCancel.Decide(session, Cancel(), CancelPolicy.Default, now), EventContext.None);

        executed.Decision.Refusal!.Kind.ShouldBe(RefusalKind.UnknownSession);
        executed.Snapshot.ShouldBeNull();
        (await host.Streams.ReadAsync(foreign, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Sessions_are_read_as_of_now_as_they_were_and_by_their_number()
    {
        await using var host = await Host.WithAsync(
            database, [Triggered(), Claimed(A) with { At = Before.AddSeconds(1) }, Started(A) with { At = Before.AddSeconds(2) }]);
        var first = (await host.Streams.ReadAsync(host.Stream, default))!;
        await host.WriteBehindTheBackAsync(Passed(A) with { At = Before.AddSeconds(3) });

        var read = (await host.Streams.ReadManyAsync([new StreamId(Account, Unknown), host.Stream], default)).ShouldHaveSingleItem();
        (read.Version, read.Session.Status, read.FirstPosition).ShouldBe((4, SessionStatus.Passed, first.FirstPosition));
        (await host.Streams.ReadAsOfAsync(host.Stream, recorded => recorded.Version <= 2, default))!
            .Session.FindRun(A)!.State.ShouldBe(RunState.Claimed);
        (await host.Streams.ReadAsOfAsync(host.Stream, recorded => recorded.Timestamp <= Before.AddSeconds(2), default))!
            .Session.FindRun(A)!.State.ShouldBe(RunState.Running);
        (await host.Streams.FindByNumberAsync(host.Stream.AccountId, read.FirstPosition, default))!.Stream.ShouldBe(host.Stream);
        foreach (var other in (long[])[read.FirstPosition + 1, 0, -1, long.MinValue, long.MaxValue])
        {
            (await host.Streams.FindByNumberAsync(host.Stream.AccountId, other, default)).ShouldBeNull();
        }

        (await host.Streams.FindByNumberAsync(Guid.NewGuid(), read.FirstPosition, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Decisions_are_made_at_the_clocks_time_in_whole_microseconds()
    {
        await using var host = await Host.WithAsync(database, Running());
        host.Clock.UtcNow = Now.AddTicks(12_345);

        await host.CancelAsync();

        (await host.EventsAsync<CancelRequested>()).ShouldHaveSingleItem().At.ShouldBe(Now.AddTicks(12_340));
    }

    [Fact]
    public async Task Whoever_follows_the_changes_is_told_of_each_commit_with_versions_and_positions()
    {
        await using var host = await Host.WithAsync(database, Running());
        var told = new List<RecordedEvent>();
        using var follower = host.Changes.Follow(host.Stream, told.Add);
        follower.Start(3);

        var executed = await host.CancelAsync();
        await host.ReportAsync(Passed(A));
        await Eventually.Become(() => told.Count == 2);

        told.Select(recorded => recorded.Version).ShouldBe([4, 5]);
        told[0].Position.ShouldBe(executed.Snapshot!.LastPosition);
        told.Select(recorded => (recorded.Id, recorded.Position))
            .ShouldBe((await host.EventsAsync()).Skip(3).Select(recorded => (recorded.Id, recorded.Position)));
    }

    [Fact]
    public async Task What_waits_when_the_host_stops_is_written_and_what_comes_later_is_refused()
    {
        var host = await Host.WithAsync(database, Running());
        await using var other = host.Other(database);
        var (reached, release) = host.Hold();
        var first = host.ReportAsync(Numbered(0));
        await reached;
        var second = host.ReportAsync(Passed(A));

        var stopped = host.DisposeAsync();
        await Should.ThrowAsync<StoreUnavailableException>(() => host.CancelAsync());
        release();
        await stopped;

        await Task.WhenAll(first, second);
        (await other.EventsAsync<ResultReported>()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_same_key_gives_the_first_answer_whatever_happened_since()
    {
        await using var host = await Host.WithAsync(database, Running());
        await using var other = host.Other(database);
        await host.CancelAsync(Cancel(), "k1");
        await host.WriteBehindTheBackAsync(Aborted(A));

        foreach (var asked in (Host[])[host, other])
        {
            var again = await asked.CancelAsync(Cancel() with { CancelId = SecondCancel }, "k1");
            again.Remembered!.Answer.ShouldBe($"\"{FirstCancel}\"");
            again.Snapshot!.Session.FindRun(A)!.State.ShouldBe(RunState.Cancelled);
        }

        (await host.EventsAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Refusals_and_answers_without_an_event_are_remembered_too()
    {
        await using var settled = await Host.WithAsync(database, [.. Running(), Passed(A)]);
        await settled.CancelAsync(Cancel(), "k1");
        (await settled.CancelAsync(Cancel(), "k1")).Remembered!.Answer.ShouldBe("\"NothingToCancel\"");

        await using var cancelling = await Host.WithAsync(database, Cancelling());
        await cancelling.CancelAsync(key: "k1");
        (await cancelling.CancelAsync(key: "k1")).Remembered!.Answer.ShouldBe($"\"{FirstCancel}\"");
        (await cancelling.EventsAsync()).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Two_hundred_requests_under_one_key_on_two_hosts_get_one_answer()
    {
        await using var one = await Host.WithAsync(database, Running());
        await using var other = one.Other(database);

        var executed = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(n => Task.Run(() => (n % 2 == 0 ? one : other).CancelAsync(key: "k1"))));

        var requested = (await one.EventsAsync<CancelRequested>()).ShouldHaveSingleItem();
        executed.Count(e => e.Remembered is null).ShouldBe(1);
        executed.Where(e => e.Remembered is not null).ShouldAllBe(e => e.Remembered!.Answer == $"\"{requested.CancelId}\"");
    }

    [Fact]
    public async Task A_program_that_has_nothing_but_Marten_sees_the_same_session()
    {
        await using var host = await Host.WithAsync(database, Running());
        await host.CancelAsync();
        await host.Streams.ExecuteAsync(
            host.Stream, (session, now) => AbortRun.Decide(session, Abort(Aborted(A) with { CancelId = session.FindRun(A)!.Cancel!.CancelId }), now), EventContext.None);

        await using var store = LedgerStore.Open(database.Source);
        await using var plain = store.QuerySession(host.Stream.AccountId.ToString());
        var aggregated = (await plain.Events.AggregateStreamAsync<Session>(host.Stream.SessionId))!;

        aggregated.Status.ShouldBe(SessionStatus.Cancelled);
        aggregated.FindRun(A)!.Cancel!.Evidence.ShouldBe(new StopEvidence(0));
        (await plain.Events.FetchStreamAsync(host.Stream.SessionId)).Select(e => e.EventTypeName)
            .ShouldBe((await host.EventsAsync()).Select(recorded => recorded.Type));
    }

    private static TriggerSession Command(Host host) => new(
        Guid.NewGuid(), host.Stream.AccountId, SessionKind.Check, null, "Nightly", SessionSource.TriggerApi, Alice, null, ConflictBehaviour.Queue, null, [Plan(A)]);

    private static ResultReported Numbered(int attempt) => Attempted(A) with { ResultId = Guid.NewGuid(), Attempt = attempt };
}
