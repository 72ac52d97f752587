using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

/// <summary>domain.md rule 5: the same key returns the first answer, whatever happened since.</summary>
public sealed class IdempotencyKeyTests
{
    private static readonly RequestCancel Second = Cancel() with { CancelId = SecondCancel };

    [Fact]
    public async Task The_first_answer_is_given_again_whatever_happened_since()
    {
        var (host, store) = Host.With(Running());
        await host.CancelAsync(Cancel(), "k1");
        store.WriteBehindTheBack(Host.Stream, Aborted(A));

        var again = await host.CancelAsync(Second, "k1");

        again.Remembered!.Answer.ShouldBe($"\"{FirstCancel}\"");
        again.Snapshot!.Session.FindRun(A)!.State.ShouldBe(RunState.Cancelled);
        store.Log.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_refusal_is_remembered_like_any_answer()
    {
        var (host, _) = Host.With([.. Running(), Passed(A)]);
        await host.CancelAsync(Cancel(), "k1");

        var again = await host.CancelAsync(Second, "k1");

        again.Remembered!.Answer.ShouldBe("\"NothingToCancel\"");
    }

    [Fact]
    public async Task An_answer_without_an_event_is_kept_as_well()
    {
        var (host, store) = Host.With(Cancelling());

        await host.CancelAsync(Second, "k1");
        var again = await host.CancelAsync(Second, "k1");

        store.Units.ShouldHaveSingleItem().Appends.ShouldBeEmpty();
        again.Remembered!.Answer.ShouldBe($"\"{FirstCancel}\"");
        store.Log.Count.ShouldBe(4);
    }

    [Fact]
    public async Task The_answer_and_its_events_are_durable_together_or_not_at_all()
    {
        var (host, store) = Host.With(Running());
        store.Refuses = data => data is CancelRequested;
        await Should.ThrowAsync<Exception>(() => host.CancelAsync(Cancel(), "k1"));
        store.Refuses = _ => false;

        var now = await host.CancelAsync(Second, "k1");

        now.Remembered.ShouldBeNull();
        now.Decision.Answer!.CancelId.ShouldBe(SecondCancel);
    }

    [Fact]
    public async Task Two_hundred_requests_under_one_key_get_one_answer()
    {
        var (host, store) = Host.With(Running());
        var (reached, release) = store.Hold();
        var first = host.CancelAsync(key: "k1");
        await reached;
        var others = Enumerable.Range(1, 199).Select(_ => host.CancelAsync(key: "k1")).ToList();
        release();

        var executed = await Task.WhenAll([first, .. others]);

        var requested = store.Of<CancelRequested>().ShouldHaveSingleItem();
        executed.Count(e => e.Remembered is null).ShouldBe(1);
        executed.Where(e => e.Remembered is not null)
            .Select(e => e.Remembered!.Answer).Distinct().ShouldBe([$"\"{requested.CancelId}\""]);
        store.Units.ShouldAllBe(unit => unit.Answers.Count <= 1);
    }

    [Fact]
    public async Task Requests_under_keys_of_their_own_are_written_together()
    {
        var (host, store) = Host.With(Running());
        await host.Streams.ReadAsync(Host.Stream, default);
        var (reached, release) = store.Hold();
        var first = host.CancelAsync(key: "k0");
        await reached;
        var others = Enumerable.Range(1, 20).Select(n => host.CancelAsync(key: $"k{n}")).ToList();
        release();

        var executed = await Task.WhenAll([first, .. others]);

        executed.ShouldAllBe(e => e.Remembered == null && e.Decision.Answer!.CancelId == executed[0].Decision.Answer!.CancelId);
        store.Of<CancelRequested>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_key_that_was_taken_on_another_host_gives_that_hosts_answer_and_shows_what_it_did()
    {
        var (one, store) = Host.With(Running());
        var other = new Host(store);
        await other.Streams.ReadAsync(Host.Stream, default);
        var raced = false;
        store.BeforeAppend = async _ =>
        {
            // The key is free when the other host looks, and taken when it writes.
            if (!raced)
            {
                raced = true;
                await one.CancelAsync(Cancel(), "k1");
            }
        };

        var late = await other.CancelAsync(Second, "k1");

        late.Remembered!.Answer.ShouldBe($"\"{FirstCancel}\"");
        late.Snapshot!.Session.FindRun(A)!.IsCancelling.ShouldBeTrue();
        late.Snapshot.Version.ShouldBe(4);
    }

    [Fact]
    public async Task A_key_speaks_for_its_own_account_only()
    {
        var (host, store) = Host.With(Running());
        await host.CancelAsync(Cancel(), "k1");
        var stranger = Guid.NewGuid();

        (await store.FindAnswerAsync(Account, "cancel", "k1", default)).ShouldNotBeNull();
        (await store.FindAnswerAsync(stranger, "cancel", "k1", default)).ShouldBeNull();
        (await store.FindAnswerAsync(Account, "trigger", "k1", default)).ShouldBeNull();
    }
}
