using System.Diagnostics;
using Ledger.Store;
using Ledger.Web.Access;
using Ledger.Web.Settings;
using Microsoft.Extensions.Logging;

namespace Ledger.Web.Shared;

/// <summary>What failed, as a page shows it.</summary>
/// <param name="Message">One sentence for people.</param>
/// <param name="TraceId">What the log and the traces know the failure by; null where it is not the ledger's.</param>
/// <param name="IsOutage">Whether it passes by itself: the page need only try again.</param>
public sealed record Fault(string Message, string? TraceId, bool IsOutage = false)
{
    /// <summary>A failure, told; one of the ledger's own is logged with its trace id.</summary>
    public static Fault Of(Exception failure, ILogger logger)
    {
        switch (Database.Explain(failure))
        {
            case StoreUnavailableException:
                return new Fault("The database cannot be reached. Nothing is lost; the page goes on when it is back.", null, IsOutage: true);
            case SignedOutException or MissingScopeException or RefusedException:
                return new Fault(failure.Message, null);
            case UnstorableEventException:
                return new Fault("What was entered holds a character that cannot be stored.", null);
            default:
                var trace = (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString();
                logger.LogError(failure, "A page failed; trace {TraceId}", trace);
                return new Fault("The ledger failed here; the fault is in its log.", trace);
        }
    }
}
