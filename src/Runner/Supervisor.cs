using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Ledger.Runner;

/// <summary>
/// The process between a runner and one command. It is the subreaper of everything that the command starts: an orphan comes back to it,
/// whatever it did to its environment, group or session, and so nothing of the run can be anywhere but below it. When it has no child
/// any more, nothing is left, and the kernel says so. It lives as long as the pipe from its runner: when that closes it ends the run,
/// so a runner that is killed leaves nothing behind.
/// </summary>
/// <remarks>
/// On its standard input: a <see cref="Launch"/>, then single letters (<see cref="InterruptOrder"/>, <see cref="EndOrder"/>).
/// On its standard error, line by line: <c>started ID TICKS</c> or <c>failed NUMBER</c>, <c>exited CODE</c>, and <c>ended</c> with what is
/// left. Its standard output belongs to the command. It starts in a few dozen milliseconds because it loads next to nothing.
/// </remarks>
internal sealed class Supervisor : IDisposable
{
    /// <summary>What makes this program a supervisor, alone on its command line.</summary>
    public const string Argument = "--supervise";

    /// <summary>Interrupts the command's process group.</summary>
    public const byte InterruptOrder = (byte)'i';

    /// <summary>Ends everything, reports what is left and ends itself.</summary>
    public const byte EndOrder = (byte)'e';

    // How often what is running is noted, for whoever comes when this process is killed too.
    private static readonly TimeSpan NoteInterval = TimeSpan.FromSeconds(2);
    private readonly AutoResetEvent wake = new(initialState: false);
    private readonly ConcurrentQueue<byte> orders = new();
    private readonly StreamWriter reports = new(Descriptor(2, FileAccess.Write)) { AutoFlush = true };
    private readonly Launch launch;
    private readonly bool isSubreaper;
    private readonly byte[] mark;
    private ControlGroup? group;
    private RunRecord record;
    private int leader;
    private bool exitIsTold;

    private Supervisor(Launch launch, bool isSubreaper)
    {
        this.launch = launch;
        this.isSubreaper = isSubreaper;
        mark = Encoding.UTF8.GetBytes(launch.Mark);
        group = launch.UsesControlGroup ? ControlGroup.Create() : null;
        record = new RunRecord
        {
            Mark = launch.Mark,
            Supervisor = ProcessTree.Find(Environment.ProcessId)!.Value.Identity,
            ControlGroup = group?.Path,
        };
    }

    /// <summary>The whole life of the process; returns its exit code.</summary>
    public static int Run()
    {
        Posix.StopIgnoringChildren();
        _ = Posix.LeaveSession();
        Posix.BecomeUnreadable();
        var isSubreaper = Posix.BecomeSubreaper();
        using var control = Descriptor(0, FileAccess.Read);
        Launch launch;
        try
        {
            using var reader = new BinaryReader(control, Encoding.UTF8, leaveOpen: true);
            launch = Launch.Parse(reader.ReadString());
        }
        catch (EndOfStreamException)
        {
            return ExitCodes.Unusable;
        }

        using var supervisor = new Supervisor(launch, isSubreaper);
        return supervisor.Supervise(control);
    }

    public void Dispose()
    {
        wake.Dispose();
        reports.Dispose();
    }

    private static FileStream Descriptor(int number, FileAccess access) =>
        new(new SafeFileHandle(number, ownsHandle: false), access, bufferSize: 0);

    private int Supervise(FileStream control)
    {
        // Whoever ends a whole group, service or container means the runner, which says here what is to be ended.
        PosixSignal[] ignored = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        var handlers = Array.ConvertAll(ignored, signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true));
        using var child = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => wake.Set());
        record.Write(launch.RecordFile);
        var error = Start();
        if (error != 0)
        {
            group?.Remove();
            Tell($"failed {error}");
            return ExitCodes.Unusable;
        }

        var identity = ProcessTree.Find(leader)!.Value.Identity;
        record = record with { Leader = identity };
        record.Write(launch.RecordFile);
        Tell($"started {identity}");
        new Thread(() => Listen(control)) { IsBackground = true }.Start();
        Watch();
        var remains = End();
        // A runner that is gone cannot hear it; the next one finds it in the file.
        Note(record with { Ended = remains, Seen = [] });
        Tell($"ended {remains.Written()}");
        Array.ForEach(handlers, handler => handler.Dispose());
        return ExitCodes.Clean;
    }

    private int Start()
    {
        Directory.SetCurrentDirectory(launch.Directory);
        var error = 0;
        void Spawn() => (leader, error) = Posix.Start(launch.Program, launch.Arguments, launch.Environment, launch.User);
        if (group is not null && !group.Inside(Spawn))
        {
            group.Remove();
            group = null;
            record = record with { ControlGroup = null };
        }

        if (leader == 0 && error == 0)
        {
            Spawn();
        }

        // From here on only the run holds its output open.
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);
        _ = Posix.Duplicate((int)nothing.DangerousGetHandle(), 1);
        return error;
    }

    private void Listen(FileStream control)
    {
        int order;
        do
        {
            order = Files.Try(control.ReadByte, otherwise: -1);
            orders.Enqueue(order < 0 ? EndOrder : (byte)order);
            wake.Set();
        }
        while (order >= 0);
    }

    // Until the end is ordered. The command itself stays a zombie when it has ended: as long as it does, its number is nobody else's.
    private void Watch()
    {
        while (true)
        {
            while (orders.TryDequeue(out var order))
            {
                if (order is EndOrder)
                {
                    return;
                }

                Posix.SignalGroup(leader, Posix.Interrupt);
            }

            if (Posix.PeekExit(leader) is { } code)
            {
                TellExit(leader, code);
            }

            ReapOrphans();
            if (!wake.WaitOne(NoteInterval))
            {
                NoteSeen();
            }
        }
    }

    private Remains End()
    {
        var since = Environment.TickCount64;
        var living = Living();
        bool isOver;
        do
        {
            group?.Kill();
            living.ForEach(ProcessTree.Kill);
            isOver = Posix.ReapAll(TellExit) && group?.IsPopulated is null or false;
            if (!isOver)
            {
                wake.WaitOne(TimeSpan.FromMilliseconds(5));
            }

            living = Living();
        }
        while ((!isOver || living.Count > 0) && Environment.TickCount64 - since < RunRecord.EndLimit.TotalMilliseconds);
        if (group?.IsPopulated is false)
        {
            group.Remove();
        }

        return living.Count > 0 ? new Remains(living.Count, Reason: null)
            : !isOver ? Remains.Unknown("a process is left that the runner may not see")
            : !isSubreaper ? Remains.Unknown("this machine does not let a runner keep the orphans of a run")
            : Remains.None;
    }

    // Everything below this process, everything in the group, and what another service started for the run, if it took its mark along.
    private List<ProcessEntry> Living()
    {
        var all = ProcessTree.Snapshot();
        var members = group?.Members().ToHashSet() ?? [];
        members.UnionWith(ProcessTree.Descendants(all, [Environment.ProcessId]));
        members.UnionWith(all.Select(p => p.Identity.Id).Where(id => !members.Contains(id) && ProcessTree.HasVariable(id, mark)));
        members.Remove(Environment.ProcessId);
        return [.. all.Where(p => !p.IsZombie && members.Contains(p.Identity.Id))];
    }

    private void TellExit(int id, int code)
    {
        if (id == leader && !exitIsTold)
        {
            exitIsTold = true;
            Tell($"exited {code}");
        }
    }

    private void ReapOrphans()
    {
        while (Posix.PeekEndedChild() is { } ended)
        {
            if (ended != leader)
            {
                Posix.Reap(ended);
                continue;
            }

            // The command hides the others behind it.
            foreach (var zombie in ProcessTree.Snapshot().Where(p => p.IsZombie && p.ParentId == Environment.ProcessId))
            {
                if (zombie.Identity.Id != leader)
                {
                    Posix.Reap(zombie.Identity.Id);
                }
            }

            return;
        }
    }

    private void NoteSeen()
    {
        var all = ProcessTree.Snapshot();
        var below = ProcessTree.Descendants(all, [Environment.ProcessId]);
        List<ProcessIdentity> seen = [.. all.Where(p => below.Contains(p.Identity.Id)).Select(p => p.Identity)];
        if (!seen.SequenceEqual(record.Seen))
        {
            Note(record with { Seen = seen });
        }
    }

    // A full disk must not end a run.
    private void Note(RunRecord now) => Files.Try(() => (record = now).Write(launch.RecordFile));

    // The runner may be gone.
    private void Tell(string report) => Files.Try(() => reports.Write(report + "\n"));
}
