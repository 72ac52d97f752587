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

    private const int Child = 17;
    private const int SetDumpable = 4;
    private const int SetChildSubreaper = 36;
    private const int ByProcessId = 1;
    private const int NoHang = 1;
    private const int OnlyEnded = 4;
    private const int LeaveItWaiting = 0x0100_0000;

    /// <summary>Sends a signal to every member of a process group.</summary>
    public static void SignalGroup(int groupId, int signal)
    {
        // 0 and 1 would mean this process's own group and every process of the machine.
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(groupId, 1);
        _ = SendSignal(-groupId, signal);
    }

    /// <summary>Sends a signal to one process.</summary>
    public static void Signal(int processId, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(processId, 1);
        _ = SendSignal(processId, signal);
    }

    /// <summary>Whether whoever started this process wants it to ignore a signal.</summary>
    public static bool IsIgnored(int signal)
    {
        const string label = "SigIgn:";
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(label, StringComparison.Ordinal));
        var ignored = ulong.Parse(line.AsSpan(label.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (ignored & (1UL << (signal - 1))) != 0;
    }

    /// <summary>Whether this process may do everything on this machine.</summary>
    public static bool IsRoot => EffectiveUserId() == 0;

    /// <summary>
    /// Orphans among the descendants of this process become its children from now on, instead of those of the first process of the machine.
    /// Returns false where that is not allowed.
    /// </summary>
    public static bool BecomeSubreaper() => ProcessControl(SetChildSubreaper, 1, 0, 0, 0) == 0;

    /// <summary>Lets no other process of the same user read the memory, environment and descriptors of this one.</summary>
    public static bool BecomeUnreadable() => ProcessControl(SetDumpable, 0, 0, 0, 0) == 0;

    /// <summary>Leaves the session and process group of whoever started this process, whose signals do not reach it any more.</summary>
    public static void LeaveSession() => _ = NewSession();

    /// <summary>
    /// A process that inherits SIGCHLD as ignored never learns how its children ended. Call this before anything else handles signals.
    /// </summary>
    public static void StopIgnoringChildren() => _ = SetHandler(Child, handler: 0);

    /// <summary>How a child ended: its exit code, or 128 plus the signal that ended it; null while it lives. It stays a zombie.</summary>
    public static unsafe int? PeekExit(int processId)
    {
        var information = stackalloc int[32];
        new Span<int>(information, 32).Clear();
        if (WaitInformation(ByProcessId, processId, information, OnlyEnded | NoHang | LeaveItWaiting) != 0 || information[4] == 0)
        {
            return null;
        }

        // signo, errno, code, padding, then pid, user and status.
        return information[2] == 1 ? information[6] : 128 + information[6];
    }

    /// <summary>One child that has ended, without taking notice of it; null if none has.</summary>
    public static unsafe int? PeekEndedChild()
    {
        var information = stackalloc int[32];
        new Span<int>(information, 32).Clear();
        return WaitInformation(0, 0, information, OnlyEnded | NoHang | LeaveItWaiting) == 0 && information[4] != 0 ? information[4] : null;
    }

    /// <summary>Takes notice of the end of one child, if it has ended.</summary>
    public static unsafe void Reap(int processId)
    {
        int status;
        _ = WaitProcess(processId, &status, NoHang);
    }

    /// <summary>
    /// Takes notice of every child that has ended. Returns true when this process has no child at all, which is the kernel's word: no
    /// view of <c>/proc</c>, however restricted, has a part in it.
    /// </summary>
    /// <param name="ended">Takes each, with its exit code or 128 plus the signal that ended it.</param>
    public static unsafe bool ReapAll(Action<int, int> ended)
    {
        int status;
        int id;
        while ((id = WaitProcess(-1, &status, NoHang)) > 0)
        {
            ended(id, (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F));
        }

        return id < 0;
    }

    /// <summary>Closes an inherited descriptor.</summary>
    public static void Close(int descriptor) => _ = CloseDescriptor(descriptor);

    /// <summary>Makes one descriptor stand for what another one stands for.</summary>
    public static void Duplicate(int from, int to) => _ = DuplicateDescriptor(from, to);

    /// <summary>Gives a file, a directory or a link itself to another user.</summary>
    /// <exception cref="IOException">It cannot be given.</exception>
    public static void ChangeOwner(string path, Supervising.UserIds user)
    {
        if (ChangeOwner(path, user.Id, user.GroupId) != 0)
        {
            throw new IOException($"{path} cannot be given to user {user.Id}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint userId, uint groupId);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static unsafe partial int WaitInformation(int idType, int id, int* information, int options);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static unsafe partial int WaitProcess(int processId, int* status, int options);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int DuplicateDescriptor(int from, int to);
}
