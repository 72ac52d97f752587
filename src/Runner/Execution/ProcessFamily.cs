using System.Text;

namespace Ledger.Runner.Execution;

/// <summary>
/// Every process that belongs to one run, also those that left its group: Playwright starts browsers detached, in groups of their own.
/// A process belongs if it stands in the leader's group or session, if it descends from a member, if it was seen as a member before, or
/// if its environment carries the run's sequence id. Each way alone has holes: descent breaks when a parent ends, browsers overwrite
/// their environment.
/// </summary>
internal sealed class ProcessFamily
{
    private readonly ProcessIdentity? leader;
    private readonly int leaderId;
    private readonly byte[] mark;
    private readonly HashSet<ProcessIdentity> seen = [];
    private readonly Lock gate = new();

    /// <summary>The family of one command.</summary>
    /// <param name="leaderId">Process, group and session id of the command.</param>
    /// <param name="leader">The command itself; null if it had ended before anyone could look.</param>
    /// <param name="sequenceId">The run.</param>
    public ProcessFamily(int leaderId, ProcessIdentity? leader, Guid sequenceId)
    {
        this.leaderId = leaderId;
        this.leader = leader;
        mark = Encoding.UTF8.GetBytes($"{Mark}={sequenceId}");
    }

    /// <summary>The variable that every process of a run inherits.</summary>
    public const string Mark = "LEDGER_SEQUENCE_ID";

    /// <summary>The members that still live; zombies do not. Members that are seen are remembered.</summary>
    /// <param name="searchEnvironments">Also look for the mark, which reads the environment of every process of this user.</param>
    public IReadOnlyList<ProcessEntry> Living(bool searchEnvironments = true)
    {
        lock (gate)
        {
            var all = ProcessTree.Snapshot();
            // A group id is free again once group and leader are gone; another process may carry it now.
            var leaderIsAnother = all.Any(p => p.Identity.Id == leaderId && p.Identity != leader);
            var members = all.Where(p => BelongsByItself(p, leaderIsAnother, searchEnvironments)).ToDictionary(p => p.Identity.Id);
            var grew = true;
            while (grew)
            {
                grew = false;
                foreach (var process in all)
                {
                    grew |= members.ContainsKey(process.ParentId) && IsOther(process) && members.TryAdd(process.Identity.Id, process);
                }
            }

            seen.IntersectWith(all.Select(p => p.Identity));
            seen.UnionWith(members.Values.Select(p => p.Identity));
            return [.. members.Values.Where(p => !p.IsZombie)];
        }
    }

    /// <summary>Whether the command itself still runs, or what it started in its own session.</summary>
    public bool SessionIsAlive() => Living(searchEnvironments: false).Any(p => p.SessionId == leaderId);

    /// <summary>Ends members that are alive, each one only if it is still the process that was seen.</summary>
    public static void Kill(IEnumerable<ProcessEntry> members)
    {
        foreach (var member in members.Where(m => ProcessTree.Find(m.Identity.Id)?.Identity == m.Identity))
        {
            Posix.Signal(member.Identity.Id, Posix.Kill);
        }
    }

    private bool BelongsByItself(ProcessEntry process, bool leaderIsAnother, bool searchEnvironments) =>
        IsOther(process)
        && (seen.Contains(process.Identity)
            || (!leaderIsAnother && (process.GroupId == leaderId || process.SessionId == leaderId))
            || (searchEnvironments && ProcessTree.HasVariable(process.Identity.Id, mark)));

    private static bool IsOther(ProcessEntry process) => process.Identity.Id != Environment.ProcessId;
}
