using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Tests.Serialization;

namespace Ledger.Tests.Sessions;

/// <summary>
/// What settles a run is asked of the event (<see cref="ISettlesRun"/>), by every reader. Here the fold says whether the answer is right,
/// for every type of event that there is: of each there is a sample.
/// </summary>
public sealed class SettlingEventsTests
{
    private static readonly Session[] Open = [.. EventSamples.UntilSettled()];

    public static TheoryData<string> Samples =>
        [.. EventSamples.All.Where(sample => sample.Value is not SessionTriggered).Select(sample => sample.Key)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void An_event_settles_a_run_exactly_if_it_says_so(string name)
    {
        var data = EventSamples.All[name];
        var outcomes = Open.Select(session => Session.Fold(session, data).Runs.Where(run => !run.IsOpen).Select(run => (run.SequenceId, run.State)));

        outcomes.ShouldAllBe(settled => settled.SequenceEqual(SettledBy(data)), $"What {data.GetType().Name} settles is asked of ISettlesRun.");
    }

    [Fact]
    public void Every_event_that_names_one_run_says_what_is_known_of_it() =>
        EventSamples.All.Values.Select(data => data.GetType()).Distinct()
            .Where(type => type.GetProperty(nameof(IRunEvent.SequenceId)) is not null)
            .ShouldAllBe(type => type.IsAssignableTo(typeof(IRunEvent)));

    [Fact]
    public void A_report_settles_its_run_only_if_it_was_the_first_terminal_fact()
    {
        ((ISettlesRun)Checkout.Failed(Checkout.A)).Outcome.ShouldBe(RunState.Failed);
        ((ISettlesRun)Checkout.Attempted(Checkout.A)).Outcome.ShouldBeNull();
        ((ISettlesRun)Checkout.DetailsOfTheAbort(Checkout.A)).Outcome.ShouldBeNull();
    }

    private static (Guid SequenceId, RunState State)[] SettledBy(ISessionEvent data) =>
        data is ISettlesRun { Outcome: { } outcome } e ? [(e.SequenceId, outcome)] : [];
}
