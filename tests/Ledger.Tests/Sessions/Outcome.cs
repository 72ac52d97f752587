using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Sessions;

/// <summary>What a decision came to, ready to be compared.</summary>
/// <param name="before">The session that was decided on.</param>
/// <param name="decision">The decision.</param>
internal sealed class Outcome<T>(Session before, Decision<T> decision)
    where T : class
{
    /// <summary>Accepted, with exactly these events, each at the time of the decision.</summary>
    public Outcome<T> Then(params ISessionEvent[] expected)
    {
        decision.Refusal.ShouldBeNull();
        decision.Answer.ShouldNotBeNull();
        return Recorded(expected);
    }

    /// <summary>Accepted, and nothing is recorded.</summary>
    public Outcome<T> ThenNothing() => Then();

    /// <summary>Refused, with exactly these events, usually none.</summary>
    public Outcome<T> ThenRefused(RefusalKind kind, params ISessionEvent[] expected)
    {
        decision.Refusal.ShouldNotBeNull().Kind.ShouldBe(kind);
        decision.Refusal.Message.ShouldNotBeNullOrWhiteSpace();
        decision.Answer.ShouldBeNull();
        return Recorded(expected);
    }

    /// <summary>Looks at the answer.</summary>
    public Outcome<T> Answering(Action<T> look)
    {
        look(decision.Answer.ShouldNotBeNull());
        return this;
    }

    /// <summary>Looks at one run afterwards.</summary>
    public Outcome<T> Leaving(Guid sequenceId, Action<Run> look)
    {
        look(decision.Events.Aggregate(before, Session.Fold).FindRun(sequenceId).ShouldNotBeNull());
        return this;
    }

    /// <summary>Looks at the session afterwards.</summary>
    public Outcome<T> Leaving(Action<Session> look)
    {
        look(decision.Events.Aggregate(before, Session.Fold));
        return this;
    }

    private Outcome<T> Recorded(ISessionEvent[] expected)
    {
        decision.Events.Select(Text).ShouldBe(expected.Select(TextAtTheDecision));
        decision.Events.ShouldAllBe(recorded => recorded.At == Checkout.Now);
        return this;
    }

    private static string Text(ISessionEvent data)
    {
        var type = EventTypes.For(data);
        return $"{type.Alias} {type.Write(data)}";
    }

    // The sample events happened before; a decision records its own at its own time.
    private static string TextAtTheDecision(ISessionEvent data) =>
        Text(data).Replace(Json(Checkout.Before), Json(Checkout.Now), StringComparison.Ordinal);

    private static string Json(DateTimeOffset time) => System.Text.Json.JsonSerializer.Serialize(time);
}
