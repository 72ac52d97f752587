using System.Diagnostics;

namespace Ledger.Http.Tracing;

/// <summary>
/// Has every request belong to a W3C trace, whether or not anybody collects traces or logs: to the caller's when it names one, to one of
/// its own otherwise. The trace is kept with each event (<see cref="Store.EventContext"/>) and handed on.
/// </summary>
public sealed class RequestTraces : IDisposable
{
    private readonly ActivityListener listener = new()
    {
        ShouldListenTo = source => string.Equals(source.Name, "Microsoft.AspNetCore", StringComparison.Ordinal),
        Sample = static (ref _) => ActivitySamplingResult.PropagationData,
    };

    public RequestTraces() => ActivitySource.AddActivityListener(listener);

    public void Dispose() => listener.Dispose();
}
