using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>
/// The check of a check session and of its results, which must not be absent here. A session that was triggered natively may name none:
/// then the nil uuid stands for it.
/// </summary>
public static class CheckIds
{
    public static Guid Of(Session session) =>
        session.Runs.Select(run => run.Plan.CheckId).FirstOrDefault(id => id is not null) ?? Guid.Empty;

    public static Guid Of(Run run) => run.Plan.CheckId ?? Guid.Empty;
}
