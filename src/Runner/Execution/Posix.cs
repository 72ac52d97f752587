using System.Globalization;
using System.Runtime.InteropServices;

namespace Ledger.Runner.Execution;

/// <summary>The few calls to the operating system that .NET does not offer.</summary>
internal static partial class Posix
{
    /// <summary>The terminal is gone.</summary>
    public const int HangUp = 1;

    /// <summary>Asks a process to stop, as Ctrl+C does.</summary>
    public const int Interrupt = 2;

    /// <summary>Ends a process; it cannot refuse.</summary>
    public const int Kill = 9;

    /// <summary>Sends a signal to every member of a process group.</summary>
    public static void SignalGroup(int groupId, int signal)
    {
        // 0 and 1 would mean this runner's own group and every process of the machine.
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(groupId, 1);
        _ = SendSignal(-groupId, signal);
    }

    /// <summary>Sends a signal to one process.</summary>
    public static void Signal(int processId, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(processId, 1);
        _ = SendSignal(processId, signal);
    }

    /// <summary>
    /// A shell that starts a program in the background lets it ignore SIGINT, and a process hands what it ignores down to its children:
    /// no run could then be stopped gracefully. Call this before anything else handles signals.
    /// </summary>
    public static void StopIgnoringInterrupt()
    {
        if (IsIgnored(Interrupt))
        {
            _ = SetHandler(Interrupt, handler: 0);
        }
    }

    /// <summary>Whether whoever started this process wants it to ignore a signal.</summary>
    public static bool IsIgnored(int signal)
    {
        const string label = "SigIgn:";
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(label, StringComparison.Ordinal));
        var ignored = ulong.Parse(line.AsSpan(label.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (ignored & (1UL << (signal - 1))) != 0;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint SetHandler(int signal, nint handler);
}
