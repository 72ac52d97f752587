using System.Runtime.InteropServices;

namespace Ledger.Http.Hosting;

/// <summary>
/// What tells the host to end: Ctrl+C, SIGTERM, or the terminal that closes (SIGHUP). From the first moment on, so that what a start has begun
/// is ended as well; a second signal during the start ends the process at once.
/// </summary>
public sealed class HostSignals : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Heeded = [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15)];

    private readonly CancellationTokenSource ending = new();
    private readonly List<PosixSignalRegistration> registrations;
    private int received;

    /// <summary>Begins to heed them, but for those that the host was started to ignore, as <c>nohup</c> does.</summary>
    public HostSignals()
    {
        var ignored = Ignored();
        registrations = [.. Heeded.Where(each => (ignored & (1UL << (each.Number - 1))) == 0).Select(each => PosixSignalRegistration.Create(each.Signal, Heed))];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Ending => ending.Token;

    /// <summary>How a shell shows that a signal has ended a process; null when none has come.</summary>
    public int? ExitCode => received == 0 ? null : 128 + received;

    public void Dispose()
    {
        registrations.ForEach(registration => registration.Dispose());
        ending.Dispose();
    }

    private void Heed(PosixSignalContext context)
    {
        var number = Array.Find(Heeded, each => each.Signal == context.Signal).Number;
        if (Interlocked.CompareExchange(ref received, number, 0) == 0)
        {
            context.Cancel = true;
            // Not on the thread that waits for signals: what the cancellation calls may take its time.
            _ = Task.Run(ending.Cancel);
        }
    }

    private static ulong Ignored() => File.Exists("/proc/self/status")
        ? File.ReadLines("/proc/self/status").Where(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
            .Select(line => ulong.Parse(line.AsSpan("SigIgn:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).FirstOrDefault()
        : 0;
}
