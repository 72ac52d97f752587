using Ledger.Http.Access;
using Ledger.Http.PlainRuns;
using Ledger.Http.Requests;
using Ledger.Streams;

namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>What routes that hold a request call plain runs by, until they are endpoints.</summary>
public static class Bridge
{
    public static async Task<SessionSnapshot> TriggerAsync(this PlainRunSessions runs, HttpContext context, PlainRunRequest request) =>
        (await runs.TriggerAsync(context, [request])).Single();

    public static async Task<IReadOnlyList<SessionSnapshot>> TriggerAsync(
        this PlainRunSessions runs, HttpContext context, IReadOnlyList<PlainRunRequest> requests)
    {
        var made = await runs.TriggerAsync(CallerParameter.Of(context), requests, context.RequestAborted);
        if (made.Count > 0)
        {
            context.SetPosition(made[^1].LastPosition);
        }

        return made;
    }
}
