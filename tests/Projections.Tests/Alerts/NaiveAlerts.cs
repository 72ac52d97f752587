using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Projections.Tests.Alerts;

/// <summary>
/// What there should be, told from the streams alone: each is folded by the domain, and each run looked at as a whole, with everything
/// that was settled before it at its check and location at hand. No state is carried along.
/// </summary>
internal sealed class NaiveAlerts
{
    private static readonly Dictionary<(char, char), string?> Words = new()
    {
        [('p', 'p')] = null,
        [('p', 'd')] = "ALERT_DEGRADED",
        [('p', 'f')] = "ALERT_FAILURE",
        [('d', 'p')] = "ALERT_DEGRADED_RECOVERY",
        [('d', 'd')] = "ALERT_DEGRADED_REMAIN",
        [('d', 'f')] = "ALERT_DEGRADED_FAILURE",
        [('f', 'p')] = "ALERT_RECOVERY",
        [('f', 'd')] = "ALERT_FAILURE_DEGRADED",
        [('f', 'f')] = "ALERT_FAILURE_REMAIN",
    };

    private readonly List<Life> lives = [];

    public NaiveAlerts(IEnumerable<RecordedEvent> log)
    {
        var sessions = new Dictionary<Guid, Session>();
        foreach (var recorded in log)
        {
            var before = sessions.GetValueOrDefault(recorded.Stream.SessionId);
            var after = Session.Fold(before, recorded.Data);
            sessions[recorded.Stream.SessionId] = after;
            foreach (var run in after.Runs)
            {
                Follow(after, before?.FindRun(run.SequenceId), run, recorded.Position);
            }
        }
    }

    /// <summary>All alerts, in order of their positions: position, run, type, state, event that settled it.</summary>
    public IEnumerable<string> Alerts =>
        lives.Select(AlertOf).OfType<(long Position, string Text)>().OrderBy(alert => alert.Position).Select(alert => alert.Text);

    /// <summary>How every check stands at every location: condition, where it began, last run.</summary>
    public IEnumerable<string> Conditions => Counted.GroupBy(life => (life.Check, life.Location))
        .OrderBy(place => place.Key.Check).ThenBy(place => place.Key.Location, StringComparer.Ordinal)
        .Select(place =>
        {
            var last = place.Last();
            var since = place.Reverse().TakeWhile(life => life.End == last.End).Last();
            return $"{place.Key.Check} {place.Key.Location} {last.End} {since.SettledPosition} {last.SettledPosition} {last.Run}";
        });

    /// <summary>All incidents: check, opened, resolved, locations, those that fail still, alerts.</summary>
    public IEnumerable<string> Incidents => Counted.Select(life => life.Check).Distinct().Order().SelectMany(IncidentsOf);

    private IEnumerable<Life> Counted => lives.Where(life => life.End is 'p' or 'd' or 'f').OrderBy(life => life.SettledPosition);

    private void Follow(Session session, Run? before, Run after, long position)
    {
        if (session.Kind is not SessionKind.Check || after.Plan.CheckId is not { } check)
        {
            return;
        }

        if (before is null)
        {
            lives.Add(new Life(check, after.Plan.Location, after.SequenceId));
        }

        var life = lives.Single(each => each.Run == after.SequenceId);
        if (after.Attempts.Count > (before?.Attempts.Count ?? 0) && after.Attempts[^1] is { HasFailures: true, IsCancelled: false })
        {
            life.FailedTries.Add(position);
        }

        if (before is { IsOpen: true } && !after.IsOpen)
        {
            life.SettledPosition = position;
            life.End = after.State switch
            {
                RunState.Passed => 'p',
                RunState.Degraded => 'd',
                RunState.Failed or RunState.TimedOut or RunState.Lost => 'f',
                RunState.Cancelled => 'c',
                _ => throw new InvalidOperationException("Not settled."),
            };
        }
    }

    private (long Position, string Text)? AlertOf(Life life)
    {
        var early = life.FailedTries.Count > 0;
        var (state, type) = life.End switch
        {
            null => early ? ("pending", Words[(StoodAt(life, life.FailedTries[0]), 'f')]) : (null, null),
            'c' => ("suppressed", Words[(StoodAt(life, life.SettledPosition), 'f')]),
            { } end when Words[(StoodAt(life, life.SettledPosition), end)] is { } due => ("due", due),
            _ => early ? ("withdrawn", Words[(StoodAt(life, life.FailedTries[0]), 'f')]) : (null, null),
        };
        if (state is null)
        {
            return null;
        }

        var position = early ? life.FailedTries[0] : life.SettledPosition;
        var settled = life.End is null ? "" : $"{life.SettledPosition}";
        return (position, $"{position} {life.Run} {type} {state} {settled}");
    }

    private char StoodAt(Life life, long position) => Counted
        .LastOrDefault(other => other.Check == life.Check && other.Location == life.Location && other.SettledPosition < position)?.End ?? 'p';

    private IEnumerable<string> IncidentsOf(Guid check)
    {
        var runs = Counted.Where(life => life.Check == check).ToList();
        for (var at = runs.FindIndex(life => life.End == 'f'); at >= 0;)
        {
            var (opened, failing, ever, alerts, resolved) = (runs[at], new SortedSet<string>(), new SortedSet<string>(), 0, -1);
            for (var next = at; next < runs.Count && resolved < 0; next++)
            {
                var belongs = runs[next].End == 'f' || failing.Contains(runs[next].Location);
                alerts += belongs ? 1 : 0;
                _ = runs[next].End switch
                {
                    'f' => failing.Add(runs[next].Location) | ever.Add(runs[next].Location),
                    'p' => failing.Remove(runs[next].Location),
                    _ => false,
                };
                resolved = failing.Count == 0 ? next : -1;
            }

            var end = resolved < 0 ? "" : $"{runs[resolved].SettledPosition}";
            yield return $"{check} {opened.SettledPosition} {end} [{string.Join(',', ever)}] [{string.Join(',', failing)}] {alerts}";
            at = resolved < 0 ? -1 : runs.FindIndex(resolved + 1, life => life.End == 'f');
        }
    }

    private sealed record Life(Guid Check, string Location, Guid Run)
    {
        public List<long> FailedTries { get; } = [];

        public long SettledPosition { get; set; }

        /// <summary>p, d, f or c; null while it is open.</summary>
        public char? End { get; set; }
    }
}
