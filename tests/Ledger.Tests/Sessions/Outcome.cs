using System.Text.Json.Nodes;
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
        SayWhatIsKnownOfTheirRuns();
        return this;
    }

    private void SayWhatIsKnownOfTheirRuns()
    {
        var session = before;
        foreach (var recorded in decision.Events)
        {
            if (recorded is IRunEvent e)
            {
                e.Run.ShouldBe(session.FactsOf(session.FindRun(e.SequenceId).ShouldNotBeNull()));
            }

            session = Session.Fold(session, recorded);
        }
    }

    private static string Text(ISessionEvent data) => Text(data, json => json);

    private static string Text(ISessionEvent data, Func<string, string> change)
    {
        var type = EventTypes.For(data);
        var json = JsonNode.Parse(change(type.Write(data)))!;
        foreach (var report in (JsonNode?[])[json, json["result"], json["abort"]])
        {
            // What is known of a run is compared with the session instead.
            report?.AsObject().Remove("run");
        }

        return $"{type.Alias} {json.ToJsonString()}";
    }

    // The sample events happened before; a decision records its own at its own time.
    private static string TextAtTheDecision(ISessionEvent data) =>
        Text(data, json => json.Replace(Json(Checkout.Before), Json(Checkout.Now), StringComparison.Ordinal));

    private static string Json(DateTimeOffset time) => System.Text.Json.JsonSerializer.Serialize(time);
}
