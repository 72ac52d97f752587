namespace Ledger;

/// <summary>Who asks, and how far they see. Every interface hands it to what reads and writes sessions, which is where it is enforced.</summary>
/// <param name="AccountId">The account. Sessions of other accounts are unknown to the caller.</param>
/// <param name="Actor">The name under which the caller's events are kept.</param>
/// <param name="Project">The one project that the caller is bound to: sessions outside it are unknown too. Null for the whole account.</param>
/// <param name="Context">What is kept beside the caller's events.</param>
public sealed record Caller(Guid AccountId, Actor Actor, string? Project, EventContext Context)
{
    /// <summary>The stream of a session in the caller's account.</summary>
    public StreamId Stream(Guid sessionId) => new(AccountId, sessionId);

    /// <summary>Whether the session is one that the caller may know of.</summary>
    public bool Sees(Session session) =>
        session.AccountId == AccountId && (Project is null || string.Equals(session.Project, Project, StringComparison.Ordinal));
}
