using System.Text;
using Ledger.Runner.Execution;

namespace Ledger.Runner.Supervising;

/// <summary>Ends what is left of a command whose supervisor is gone, by what that wrote down.</summary>
internal static class Leftover
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Ends it. Never ends a process that only got the number of one.</summary>
    /// <returns>How many processes were ended, and what is left.</returns>
    public static async Task<(int Ended, Remains Remains)> EndAsync(RunRecord record, TimeProvider time)
    {
        if (record.Boot != RunRecord.CurrentBoot)
        {
            // The machine was started anew since, and nothing outlives that.
            return (0, Remains.None);
        }

        if (record.Ended is { } told)
        {
            return (0, told);
        }

        var group = ControlGroup.Find(record.ControlGroup);
        var ended = new HashSet<ProcessIdentity>();
        var since = time.GetTimestamp();
        while (true)
        {
            var living = Living(record, group);
            group?.Kill();
            living.ForEach(ProcessTree.Kill);
            ended.UnionWith(living.Select(p => p.Identity));
            var isOver = living.Count == 0 && group?.IsPopulated is null or false;
            if (isOver || time.GetElapsedTime(since) > Supervisor.EndLimit)
            {
                var isProven = record.ControlGroup is not null && group?.IsPopulated is null or false;
                group?.Remove();
                return (ended.Count, (living.Count, isProven) switch
                {
                    ( > 0, _) => new Remains(living.Count, Reason: null),
                    (_, true) => Remains.None,
                    _ => Remains.Unknown("the process that watched over the run was ended, and without a control group others may have been missed"),
                });
            }

            await Task.Delay(LookInterval, time, CancellationToken.None);
        }
    }

    private static List<ProcessEntry> Living(RunRecord record, ControlGroup? group)
    {
        var all = ProcessTree.Snapshot();
        var known = record.Seen.Append(record.Supervisor).ToHashSet();
        var mark = Encoding.UTF8.GetBytes(record.Mark);
        if (record.Leader is { } leader)
        {
            known.Add(leader);
        }

        // The number of a session says whose it is only while its first process is there: another one may have it later.
        var sessionId = all.Exists(p => p.Identity == record.Leader) ? record.Leader!.Value.Id : 0;
        var roots = all.Where(p => known.Contains(p.Identity)
            || (sessionId != 0 && p.SessionId == sessionId)
            || ProcessTree.HasVariable(p.Identity.Id, mark)).Select(p => p.Identity.Id);
        var members = ProcessTree.Descendants(all, roots);
        members.UnionWith(group?.Members() ?? []);
        members.Remove(Environment.ProcessId);
        return [.. all.Where(p => !p.IsZombie && members.Contains(p.Identity.Id))];
    }
}
