using Ledger.Store;

namespace Ledger.Http.Tracing;

/// <summary>The header value that continues the trace of an event elsewhere (W3C Trace Context, version 00).</summary>
public static class TraceParent
{
    /// <summary>
    /// The value; null when the event belongs to no trace. Whether the trace is recorded is not kept: whoever continues it is asked to
    /// record it.
    /// </summary>
    public static string? Of(EventContext context) => context is { CorrelationId: { } trace, CausationId: { } span }
        ? $"00-{trace}-{span}-01"
        : null;
}
