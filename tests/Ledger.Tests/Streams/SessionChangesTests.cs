using System.Collections.Concurrent;
using System.Text;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

/// <summary>Who waits for a session is woken, whichever host has changed it.</summary>
public sealed class SessionChangesTests(WriterDatabase database) : IClassFixture<WriterDatabase>
{
    [Fact]
    public async Task Who_follows_a_session_that_two_hosts_write_gets_every_event_once_and_in_order()
    {
        await using var here = await Host.WithAsync(database, Running());
        await using var there = here.Other(database);
        await ConnectAsync(here, there);
        var (atHere, atThere) = (new ConcurrentQueue<long>(), new ConcurrentQueue<long>());
        using var first = here.Changes.Follow(here.Stream, recorded => atHere.Enqueue(recorded.Version));
        using var second = there.Changes.Follow(here.Stream, recorded => atThere.Enqueue(recorded.Version));
        first.Start(0);
        second.Start(0);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(n => ReportAsync(n % 2 == 0 ? here : there)));

        var versions = (await here.EventsAsync()).Select(recorded => recorded.Version).ToList();
        versions.Count.ShouldBeGreaterThan(200);
        await Eventually.Become(() => atHere.Count == versions.Count && atThere.Count == versions.Count);
        atHere.ShouldBe(versions);
        atThere.ShouldBe(versions);
    }

    [Fact]
    public async Task What_happens_between_following_and_reading_comes_after_what_was_read()
    {
        await using var here = await Host.WithAsync(database, Running());
        await using var there = here.Other(database);
        await ConnectAsync(here, there);
        var seen = new ConcurrentQueue<long>();
        using var follower = here.Changes.Follow(here.Stream, recorded => seen.Enqueue(recorded.Version));
        var read = (await here.EventsAsync())[^1].Version;
        await ReportAsync(there);
        await ReportAsync(here);

        follower.Start(read);

        await Eventually.Become(() => seen.Count == 2);
        seen.ShouldBe([read + 1, read + 2]);
    }

    [Fact]
    public async Task A_topic_is_told_of_what_another_host_has_done_and_other_topics_are_not()
    {
        await using var here = await Host.WithAsync(database, Running());
        await using var there = here.Other(database);
        await ConnectAsync(here, there);
        var (mine, other) = (new ConcurrentQueue<SessionChange>(), new ConcurrentQueue<SessionChange>());
        using var twice = here.Changes.Follow(Host.At(here.Stream, "eu-central-1"), mine.Enqueue);
        using var again = here.Changes.Follow(Host.At(here.Stream, "eu-central-1"), mine.Enqueue);
        using var elsewhere = here.Changes.Follow(Host.At(here.Stream, "us-east-1"), other.Enqueue);

        await ReportAsync(there);
        var heard = await Eventually.Become(() => Task.FromResult(mine.ToArray()), changes => changes.Length > 0);
        again.Dispose();
        await ReportAsync(here);

        heard.ShouldHaveSingleItem().Events.ShouldHaveSingleItem().Data.ShouldBeOfType<ResultReported>();
        heard[0].Session.Version.ShouldBe(heard[0].Events[0].Version);
        await Eventually.Become(() => mine.Count >= 2); // Who follows is told after the answer.
        mine.Count.ShouldBe(2, "A handler is called once for a change, and as long as one of its topics is followed.");
        other.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_committed_while_the_listening_connection_is_gone_is_made_good()
    {
        await using var here = await Host.WithAsync(database, Running());
        await using var there = here.Other(database);
        await ConnectAsync(here, there);
        var (seen, missed) = (new ConcurrentQueue<long>(), 0);
        here.Changes.WhenMissed(() => Interlocked.Increment(ref missed));
        using var follower = here.Changes.Follow(here.Stream, recorded => seen.Enqueue(recorded.Version));
        follower.Start((await here.EventsAsync())[^1].Version);

        await CutAsync();
        await ReportAsync(there);

        await Eventually.Become(() => seen.Count == 1 && Volatile.Read(ref missed) > 0);
        await Eventually.Become(() => here.Loops.AreHealthy && there.Loops.AreHealthy);
    }

    [Fact]
    public async Task Of_five_thousand_sessions_that_change_at_once_no_waiter_is_lost()
    {
        await using var here = await Host.WithAsync(database);
        await using var there = here.Other(database);
        await ConnectAsync(here, there);
        var commands = Enumerable.Range(0, 5_000).Select(_ => Begin(here.Stream.AccountId)).ToList();
        var seen = new ConcurrentDictionary<Guid, long>();
        var told = new ConcurrentDictionary<Guid, bool>();
        using var topic = here.Changes.Follow(Host.At(here.Stream, "eu-central-1"), change => told[change.Stream.SessionId] = true);
        foreach (var command in commands)
        {
            here.Changes
                .Follow(new StreamId(here.Stream.AccountId, command.SessionId), recorded => seen[recorded.Stream.SessionId] = recorded.Version)
                .Start(0);
        }

        await Task.WhenAll(commands.Chunk(1_000).Select(some => there.Streams.TriggerAsync(some, EventContext.None)));

        await Eventually.Become(() => seen.Count == commands.Count && told.Count == commands.Count);
    }

    [Fact]
    public async Task More_than_can_be_told_apart_is_read_by_everybody_who_waits()
    {
        await using var here = await Host.WithAsync(database, Running());
        await using var there = here.Other(database);
        await ConnectAsync(here, there);
        var (seen, missed) = (new ConcurrentQueue<long>(), 0);
        here.Changes.WhenMissed(() => Interlocked.Increment(ref missed));
        using var follower = here.Changes.Follow(here.Stream, recorded => seen.Enqueue(recorded.Version));
        follower.Start((await here.EventsAsync())[^1].Version);
        await here.WriteBehindTheBackAsync(Attempted(A) with { ResultId = Guid.NewGuid() });

        there.Changes.Tell!([.. Enumerable.Range(0, 50_000).Select(_ => Note())]);

        await Eventually.Become(() => seen.Count == 1 && Volatile.Read(ref missed) == 1);
    }

    [Fact]
    public async Task A_session_that_cannot_be_read_keeps_nothing_from_those_who_wait_for_others()
    {
        await using var here = await Host.WithAsync(database, Running());
        await using var broken = await Host.WithAsync(database, Running());
        await using var there = here.Other(database);
        await ConnectAsync(here, there);
        await using (var command = database.Source.CreateCommand("update ledger.mt_events set type = 'of_tomorrow' where stream_id = $1"))
        {
            command.Parameters.AddWithValue(broken.Stream.SessionId);
            await command.ExecuteNonQueryAsync();
        }

        var seen = new ConcurrentQueue<long>();
        using var vain = here.Changes.Follow(broken.Stream, recorded => seen.Enqueue(0));
        using var follower = here.Changes.Follow(here.Stream, recorded => seen.Enqueue(recorded.Version));
        vain.Start(0);
        follower.Start(0);

        here.Changes.LookAtFollowed();

        await Eventually.Become(() => !seen.IsEmpty);
        seen.ShouldNotContain(0);
        here.Loops.AreHealthy.ShouldBeTrue();
    }

    [Fact]
    public void A_waiter_that_throws_keeps_nothing_from_the_others()
    {
        var stream = new StreamId(Guid.NewGuid(), Guid.NewGuid());
        var changes = new SessionChanges();
        var seen = 0;
        changes.Follow(stream, _ => throw new InvalidOperationException()).Start(0);
        changes.Follow(stream, _ => seen++).Start(0);

        changes.Committed([Change(stream)]);

        seen.ShouldBe(1);
    }

    [Fact]
    public void Notes_are_read_as_they_were_written_and_fit_into_what_the_database_takes()
    {
        var host = Guid.NewGuid();
        List<ChangeNote> notes = [.. Enumerable.Range(0, 5_000).Select(_ => Note()), Note() with { After = 0, Version = long.MaxValue, Topics = null }];

        var payloads = ChangePayload.Of(host, notes).ToList();

        payloads.ShouldAllBe(payload => Encoding.UTF8.GetByteCount(payload) < 8_000);
        payloads.Count.ShouldBeLessThan(60);
        payloads.SelectMany(payload => ChangePayload.Read(payload, Guid.NewGuid())!).Select(Text).ShouldBe(notes.Select(Text));
        payloads.ShouldAllBe(payload => ChangePayload.Read(payload, host) == null);
    }

    [Fact]
    public void No_notes_and_what_nobody_understands_mean_everything()
    {
        var (sender, host) = (Guid.NewGuid(), Guid.NewGuid());

        foreach (var payload in (string[])[ChangePayload.Of(sender, []).ShouldHaveSingleItem(), "not base64!", Convert.ToBase64String([2, 1, 1])])
        {
            ChangePayload.Read(payload, host).ShouldNotBeNull().ShouldBeEmpty();
        }
    }

    private static Task ConnectAsync(params Host[] hosts) => Task.WhenAll(hosts.Select(host => host.Notes.StartAsync(default)));

    private static async Task ReportAsync(Host host) => await host.ReportAsync(Attempted(A) with { ResultId = Guid.NewGuid() });

    private async Task CutAsync()
    {
        await using var command = database.Source.CreateCommand(
            $"""
            select count(pg_terminate_backend(pid)) from pg_stat_activity
            where datname = current_database() and query = 'listen {ChangeNotes.Channel}'
            """);
        (await command.ExecuteScalarAsync()).ShouldBe(2L);
    }

    private static TriggerSession Begin(Guid account) => new(
        Guid.NewGuid(),
        account,
        SessionKind.Check,
        null,
        "Checkout suite",
        SessionSource.TriggerApi,
        Alice,
        null,
        ConflictBehaviour.Queue,
        null,
        [Plan(Guid.NewGuid())]);

    private static SessionChange Change(StreamId stream)
    {
        var triggered = Triggered() with { AccountId = stream.AccountId, SessionId = stream.SessionId };
        var recorded = new RecordedEvent(1, Guid.NewGuid(), stream, 1, triggered, "session_triggered", EventContext.None);
        return new SessionChange(SessionSnapshot.Fold(null, [recorded])!, [recorded]);
    }

    private static ChangeNote Note()
    {
        var stream = new StreamId(Guid.NewGuid(), Guid.NewGuid());
        return new ChangeNote(stream, 3, 5, [Host.At(stream, "eu-central-1"), Host.At(stream, "us-east-1")]);
    }

    private static string Text(ChangeNote note) =>
        $"{note.Stream} {note.After} {note.Version} {(note.Topics is null ? "all" : string.Join(' ', note.Topics))}";
}
