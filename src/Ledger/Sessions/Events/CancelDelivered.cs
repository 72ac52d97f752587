namespace Ledger.Sessions.Events;

/// <summary>The signal was handed to the runner that holds the run. Not yet obeyed: see <see cref="CancelAcknowledged"/>.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who got it.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="At">When.</param>
public sealed record CancelDelivered(Guid CancelId, Guid SequenceId, string RunnerId, DeliveryChannel Channel, DateTimeOffset At) : ISessionEvent;
