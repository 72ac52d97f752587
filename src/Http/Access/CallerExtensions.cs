namespace Ledger.Http.Access;

/// <summary>Who asks, and what lists and reports ask of them: those read projections, and no session is there to be looked at.</summary>
public static class CallerExtensions
{
    /// <summary>Who asks, with the trace that the request belongs to. Only on routes that need a key.</summary>
    public static Caller Caller(this HttpContext context)
    {
        var key = context.Key();
        return new Caller(key.AccountId, key.Actor, key.Project, context.EventContext());
    }

    /// <summary>The project to look in: the caller's own, else the one that is asked for; null for all.</summary>
    /// <exception cref="RequestRejected">403 when another than the caller's own is asked for.</exception>
    public static string? Within(this Caller caller, string? project) => (caller.Project, project) switch
    {
        (null, _) => project,
        ({ } own, null) => own,
        ({ } own, { } asked) when string.Equals(own, asked, StringComparison.Ordinal) => own,
        _ => throw RequestRejected.Forbidden("The key is bound to another project."),
    };

    /// <summary>Lets through who knows of the whole account, for what no project can be told apart in.</summary>
    /// <exception cref="RequestRejected">403 for a key that is bound to a project.</exception>
    public static void RequireWholeAccount(this Caller caller)
    {
        if (caller.Project is not null)
        {
            throw RequestRejected.Forbidden("The key is bound to a project, and this is about the whole account.");
        }
    }
}
