using Ledger.Http.Dialects.Checkly.Scheduling.Completion;
using Ledger.Http.Dialects.Checkly.Scheduling.Runs;
using Ledger.Http.Dialects.Checkly.Scheduling.Storage;
using Ledger.Http.Dialects.Checkly.Scheduling.Triggers;

namespace Ledger.Http.Dialects.Checkly.Scheduling;

/// <summary>What the genuine command line schedules with (wire.md 4.1 to 4.3).</summary>
public static class SchedulingRoutes
{
    public static void MapScheduling(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Checkly: command line");
        group.MapStorage();
        group.MapTriggerOfChecks();
        group.MapRunOfChecks();
        group.MapSchedulingCompletion();
    }
}
