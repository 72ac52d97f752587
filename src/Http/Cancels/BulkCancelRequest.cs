using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;

namespace Ledger.Http.Cancels;

/// <summary>A cancel of all open sessions that a filter lets through (http.md, Cancel).</summary>
/// <param name="Filter">Which sessions; a filter without members is every open one of the account.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="DryRun">Whether only to say what would happen.</param>
/// <param name="Limit">How many sessions at most, newest first.</param>
public sealed record BulkCancelRequest(
    CancelFilter Filter, string Reason, CancelCause Cause = CancelCause.User, bool DryRun = false, int Limit = 100)
{
    private const int MaximumLimit = 1_000;

    /// <summary>The sessions to look at.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public SessionListQuery ToQuery(Guid accountId)
    {
        Inputs.Reason(Reason);
        Inputs.OptionalName("filter.project", Filter.Project);
        Inputs.OptionalName("filter.branch", Filter.Branch);
        if (string.IsNullOrWhiteSpace(Reason))
        {
            throw RequestRejected.BadRequest("'reason' must say why.");
        }

        if (Limit is < 1 or > MaximumLimit)
        {
            throw RequestRejected.BadRequest($"'limit' must be from 1 to {MaximumLimit}.");
        }

        CancelRequest.RejectOwnCause(Cause);
        return new SessionListQuery(accountId)
        {
            OnlyOpen = true,
            Kind = Filter.Kind,
            Statuses = Filter.Status is { } status ? [status] : [],
            Project = Filter.Project,
            CheckId = Filter.CheckId,
            Branches = Filter.Branch is { } branch ? [branch] : [],
            To = Filter.StartedBefore,
            Limit = Limit,
        };
    }
}

/// <summary>Which open sessions to cancel. What is absent lets all through.</summary>
/// <param name="Kind">Only this kind.</param>
/// <param name="Status">Only this status.</param>
/// <param name="Project">Only this project.</param>
/// <param name="CheckId">Only sessions with this check, and of those only the runs of this check.</param>
/// <param name="Branch">Only this branch.</param>
/// <param name="StartedBefore">Only sessions that were triggered before this time.</param>
public sealed record CancelFilter(
    SessionKind? Kind = null,
    SessionStatus? Status = null,
    string? Project = null,
    Guid? CheckId = null,
    string? Branch = null,
    DateTimeOffset? StartedBefore = null);

/// <summary>What became of a bulk cancel: 207, for each session has an outcome of its own.</summary>
/// <param name="Cancelled">How many sessions are being cancelled, by this request or already.</param>
/// <param name="Skipped">How many were left alone.</param>
/// <param name="Items">Each session, newest first.</param>
public sealed record BulkCancelAnswer(int Cancelled, int Skipped, IReadOnlyList<BulkCancelItem> Items);

/// <summary>One session of a bulk cancel.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="CancelId">The cancel, when it is being cancelled.</param>
/// <param name="Why">Why it was left alone.</param>
public sealed record BulkCancelItem(Guid SessionId, BulkOutcome Outcome, Guid? CancelId, string? Why);

/// <summary>The outcome for one session.</summary>
public enum BulkOutcome
{
    /// <summary>It is being cancelled.</summary>
    Cancelled,

    /// <summary>Nothing of it can be cancelled.</summary>
    Skipped,
}
