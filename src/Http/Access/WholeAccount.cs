using Ledger.Http.Errors;

namespace Ledger.Http.Access;

/// <summary>For figures that are kept for an account or each of its checks, whichever projects the runs belong to.</summary>
public static class WholeAccount
{
    /// <summary>Refuses a caller that is bound to a project: the figures would tell of the runs of other projects too.</summary>
    /// <exception cref="RequestRejected">403.</exception>
    public static void RequireWholeAccount(this Caller caller)
    {
        if (caller.Project is not null)
        {
            throw RequestRejected.Forbidden("The key is bound to a project, and these figures are of the whole account.");
        }
    }
}
