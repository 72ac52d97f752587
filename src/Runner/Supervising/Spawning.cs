using System.Runtime.InteropServices;
using System.Text;

namespace Ledger.Runner.Supervising;

/// <summary>The user that a command runs as.</summary>
/// <param name="Id">The user.</param>
/// <param name="GroupId">Its main group.</param>
/// <param name="Groups">All of its groups.</param>
internal sealed record UserIds(uint Id, uint GroupId, IReadOnlyList<uint> Groups);

/// <summary>
/// Starts a program in a session and process group of its own, with every signal as the system delivers it, whatever this process or
/// those above it ignore. .NET's own way offers neither.
/// </summary>
internal static unsafe partial class Spawning
{
    // Larger than what any C library of Linux puts there.
    private const int RoomForAttributes = 1024;
    private const int RoomForSignals = 128;
    private const short ResetSignals = 0x04;
    private const short SetSignalMask = 0x08;
    private const short NewSession = 0x80;
    private const int NotAProgram = 8;

    /// <summary>Starts it. Standard input is empty; both outputs go to this process's standard output.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, beginning with its name.</param>
    /// <param name="environment">All of its variables, each as <c>NAME=value</c>.</param>
    /// <param name="user">Who it runs as; null for the user of this process.</param>
    /// <returns>The process id, or a number that says why not.</returns>
    public static (int ProcessId, int Error) Start(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, UserIds? user)
    {
        (int ProcessId, int Error) started = default;
        // Rights belong to a thread in Linux: this one gives up its own, starts the program with what is left, and ends.
        var thread = new Thread(() =>
        {
            var error = user is null ? 0 : Become(user);
            started = error != 0 ? (0, error) : Spawn(path, arguments, environment);
            if (started.Error == NotAProgram)
            {
                // As a shell does: a script without a first line that names its interpreter.
                started = Spawn("/bin/sh", ["/bin/sh", path, .. arguments.Skip(1)], environment);
            }
        });
        thread.Start();
        thread.Join();
        return started;
    }

    private static (int ProcessId, int Error) Spawn(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        var attributes = NativeMemory.AllocZeroed(RoomForAttributes);
        var actions = NativeMemory.AllocZeroed(RoomForAttributes);
        var signals = NativeMemory.AllocZeroed(RoomForSignals);
        var argumentList = Allocate(arguments);
        var environmentList = Allocate(environment);
        try
        {
            _ = InitializeAttributes(attributes);
            _ = SetFlags(attributes, ResetSignals | SetSignalMask | NewSession);
            _ = EmptySignals(signals);
            _ = SetMask(attributes, signals);
            _ = FillSignals(signals);
            _ = SetDefaults(attributes, signals);
            _ = InitializeActions(actions);
            _ = AddOpen(actions, 0, "/dev/null", 0, 0);
            _ = AddDuplicate(actions, 1, 2);
            int id;
            var error = SpawnProcess(&id, path, actions, attributes, argumentList, environmentList);
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
            return error == 0 ? (id, 0) : (0, error);
        }
        finally
        {
            Free(argumentList);
            Free(environmentList);
            NativeMemory.Free(signals);
            NativeMemory.Free(actions);
            NativeMemory.Free(attributes);
        }
    }

    private static int Become(UserIds user)
    {
        var isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;
        var groups = user.Groups.ToArray();
        fixed (uint* first = groups)
        {
            if (SystemCall(isArm ? 159 : 116, groups.Length, (nint)first, 0) != 0
                || SystemCall(isArm ? 149 : 119, (nint)user.GroupId, (nint)user.GroupId, (nint)user.GroupId) != 0
                || SystemCall(isArm ? 147 : 117, (nint)user.Id, (nint)user.Id, (nint)user.Id) != 0)
            {
                return Marshal.GetLastPInvokeError();
            }
        }

        return 0;
    }

    private static byte** Allocate(IReadOnlyList<string> texts)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(texts[i]);
            list[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(list[i], bytes.Length));
        }

        return list;
    }

    private static void Free(byte** list)
    {
        for (var text = list; *text is not null; text++)
        {
            NativeMemory.Free(*text);
        }

        NativeMemory.Free(list);
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SpawnProcess(int* id, string path, void* actions, void* attributes, byte** arguments, byte** environment);

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

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third);
}
