namespace Ledger.Sessions;

/// <summary>The runner that holds a run is alive, and asks whether it shall go on.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who holds it.</param>
public sealed record Heartbeat(Guid SequenceId, string RunnerId)
{
    /// <summary>
    /// Heartbeats are not events (docs/domain.md#events), and one about a settled run is late without a record. But its answer carries an
    /// open cancel (docs/domain.md#rule-8): where that is the first the runner hears of it, the delivery is recorded.
    /// </summary>
    public static Decision<ReportAnswer> Decide(Session session, Heartbeat command, DateTimeOffset now)
    {
        if (Refusals.NotTheHolder(session, command.SequenceId, command.RunnerId, out var run) is { } refusal)
        {
            return Decision<ReportAnswer>.Refuse(refusal);
        }

        return run is { IsCancelling: true, Cancel: { DeliveredAt: null } cancel }
            ? RunnerReports.Record(
                session,
                run,
                new CancelDelivered(
                    cancel.CancelId, run.SequenceId, session.FactsOf(run), command.RunnerId, DeliveryChannel.Heartbeat, now))
            : Decision<ReportAnswer>.Accept(new ReportAnswer(run, Late: !run.IsOpen));
    }
}
