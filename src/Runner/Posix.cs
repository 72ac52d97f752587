using System.Globalization;

namespace Ledger.Runner;

/// <summary>The few calls to the operating system that .NET does not offer.</summary>
internal static unsafe partial class Posix
{
    /// <summary>The terminal is gone.</summary>
    public const int HangUp = 1;

    /// <summary>Asks a process to stop, as Ctrl+C does.</summary>
    public const int Interrupt = 2;

    /// <summary>Ends a process; it cannot refuse.</summary>
    public const int Kill = 9;

    private const int OnlyEnded = 4;
    private const int NoHang = 1;
    private const int LeaveItWaiting = 0x0100_0000;

    /// <summary>Whether this process may do everything on this machine.</summary>
    public static bool IsRoot => EffectiveUserId() == 0;

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
        return (ulong.Parse(line.AsSpan(label.Length).Trim(), NumberStyles.HexNumber) & (1UL << (signal - 1))) != 0;
    }

    /// <summary>
    /// Orphans among the descendants of this process become its children from now on, instead of those of the first process of the machine.
    /// Returns false where that is not allowed.
    /// </summary>
    public static bool BecomeSubreaper() => ProcessControl(36, 1, 0, 0, 0) == 0;

    /// <summary>Lets no other process of the same user read the memory, environment and descriptors of this one.</summary>
    public static void BecomeUnreadable() => _ = ProcessControl(4, 0, 0, 0, 0);

    /// <summary>A process that inherits SIGCHLD as ignored never learns how its children ended. Call this before anything else handles signals.</summary>
    public static void StopIgnoringChildren() => _ = SetHandler(17, handler: 0);

    /// <summary>How a child ended: its exit code, or 128 plus the signal that ended it; null while it lives. It stays a zombie.</summary>
    public static int? PeekExit(int processId)
    {
        // signo, errno, code, padding, then pid, user and status.
        var information = stackalloc int[32];
        return WaitInformation(1, processId, information, OnlyEnded | NoHang | LeaveItWaiting) != 0 || information[4] == 0 ? null
            : information[2] == 1 ? information[6] : 128 + information[6];
    }

    /// <summary>One child that has ended, without taking notice of it; null if none has.</summary>
    public static int? PeekEndedChild()
    {
        var information = stackalloc int[32];
        return WaitInformation(0, 0, information, OnlyEnded | NoHang | LeaveItWaiting) == 0 && information[4] != 0 ? information[4] : null;
    }

    /// <summary>Takes notice of the end of one child, if it has ended.</summary>
    public static void Reap(int processId)
    {
        int status;
        _ = WaitProcess(processId, &status, NoHang);
    }

    /// <summary>
    /// Takes notice of every child that has ended. Returns true when this process has no child at all, which is the kernel's word: no
    /// view of <c>/proc</c>, however restricted, has a part in it.
    /// </summary>
    /// <param name="ended">Takes each, with its exit code or 128 plus the signal that ended it.</param>
    public static bool ReapAll(Action<int, int> ended)
    {
        int status;
        int id;
        while ((id = WaitProcess(-1, &status, NoHang)) > 0)
        {
            ended(id, (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F));
        }

        return id < 0;
    }

    /// <summary>Gives a file, a directory or a link itself to another user.</summary>
    /// <exception cref="IOException">It cannot be given.</exception>
    public static void ChangeOwner(string path, UserAccount user)
    {
        if (ChangeOwner(path, user.Id, user.GroupId) != 0)
        {
            throw new IOException($"{path} cannot be given to user {user.Id}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>
    /// Starts a program in a session and process group of its own, with every signal as the system delivers it, whatever this process or
    /// those above it ignore. .NET's own way offers neither. Standard input is empty; both outputs go to this process's standard output.
    /// </summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, beginning with its name.</param>
    /// <param name="environment">All of its variables, each as <c>NAME=value</c>.</param>
    /// <param name="user">Who it runs as; null for the user of this process.</param>
    /// <returns>The process id, or a number that says why not.</returns>
    public static (int ProcessId, int Error) Start(string path, string[] arguments, string[] environment, UserAccount? user)
    {
        const int notAProgram = 8;
        (int ProcessId, int Error) started = default;
        // Rights belong to a thread in Linux: this one gives up its own, starts the program with what is left, and ends.
        var thread = new Thread(() =>
        {
            var error = user is null ? 0 : Become(user);
            started = error != 0 ? (0, error) : Spawn(path, [.. arguments, null], [.. environment, null]);
            if (started.Error == notAProgram)
            {
                // As a shell does: a script without a first line that names its interpreter.
                started = Spawn("/bin/sh", ["/bin/sh", path, .. arguments.Skip(1), null], [.. environment, null]);
            }
        });
        thread.Start();
        thread.Join();
        return started;
    }

    private static (int ProcessId, int Error) Spawn(string path, string?[] arguments, string?[] environment)
    {
        // Larger than what any C library of Linux puts there.
        var attributes = stackalloc long[128];
        var actions = stackalloc long[128];
        var signals = stackalloc long[16];
        _ = InitializeAttributes(attributes);
        // Signals as the system delivers them, none of them blocked, and a session of its own.
        _ = SetFlags(attributes, 0x04 | 0x08 | 0x80);
        _ = EmptySignals(signals);
        _ = SetMask(attributes, signals);
        _ = FillSignals(signals);
        _ = SetDefaults(attributes, signals);
        _ = InitializeActions(actions);
        _ = AddOpen(actions, 0, "/dev/null", 0, 0);
        _ = AddDuplicate(actions, 1, 2);
        int id;
        var error = SpawnProcess(&id, path, actions, attributes, arguments, environment);
        _ = DestroyActions(actions);
        _ = DestroyAttributes(attributes);
        return error == 0 ? (id, 0) : (0, error);
    }

    // The C library would change the user of all threads.
    private static int Become(UserAccount user)
    {
        var isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;
        fixed (uint* groups = user.Groups)
        {
            return SystemCall(isArm ? 159 : 116, user.Groups.Length, (nint)groups, 0) != 0
                || SystemCall(isArm ? 149 : 119, (nint)user.GroupId, (nint)user.GroupId, (nint)user.GroupId) != 0
                || SystemCall(isArm ? 147 : 117, (nint)user.Id, (nint)user.Id, (nint)user.Id) != 0
                    ? Marshal.GetLastPInvokeError()
                    : 0;
        }
    }

    /// <summary>Closes an inherited descriptor.</summary>
    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    /// <summary>Makes one descriptor stand for what another one stands for.</summary>
    [LibraryImport("libc", EntryPoint = "dup2")]
    public static partial int Duplicate(int from, int to);

    /// <summary>Leaves the session and process group of whoever started this process, whose signals do not reach it any more.</summary>
    [LibraryImport("libc", EntryPoint = "setsid")]
    public static partial int LeaveSession();

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint userId, uint groupId);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "waitid")]
    private static partial int WaitInformation(int idType, int id, int* information, int options);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitProcess(int processId, int* status, int options);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SpawnProcess(int* id, string path, void* actions, void* attributes, string?[] arguments, string?[] environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int InitializeAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int DestroyAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int SetMask(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SetDefaults(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int InitializeActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddOpen(void* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDuplicate(void* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int EmptySignals(void* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static partial int FillSignals(void* signals);
}
