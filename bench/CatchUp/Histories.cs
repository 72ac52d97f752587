using System.Buffers.Binary;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Bench.CatchUp;

/// <summary>
/// The lives of many sessions as a platform's day has them, decided by the domain itself: most runs pass, some fail after a failed try,
/// some sessions are cancelled for one cause or another, a few runs time out or are lost. Some hundred sessions are open at once, so
/// that their events lie between each other's.
/// </summary>
/// <param name="seed">The same seed makes the same histories, but for their pace.</param>
/// <param name="pace">The mean time between two events.</param>
internal sealed class Histories(int seed, TimeSpan pace)
{
    private const int OpenAtOnce = 400;

    private static readonly string[] Locations = ["eu-central-1", "eu-west-1", "us-east-1", "ap-southeast-1"];

    private readonly Random random = new(seed);

    /// <summary>The account of all of them.</summary>
    public Guid AccountId { get; init; } = new(1, 0, 0, new byte[8]);

    /// <summary>The checks.</summary>
    public IReadOnlyList<Guid> Checks { get; } = [.. Enumerable.Range(0, 100).Select(check => new Guid(check, 1, 0, new byte[8]))];

    /// <summary>The time of the last event.</summary>
    public DateTimeOffset Now { get; private set; } = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Events of all sessions, in the order in which they happen, without an end.</summary>
    public IEnumerable<(Guid SessionId, long Version, ISessionEvent Data)> Events()
    {
        var open = new List<(Life Life, IEnumerator<ISessionEvent> Events)>();
        while (true)
        {
            while (open.Count < OpenAtOnce)
            {
                var life = new Life();
                open.Add((life, LiveAsItComes(life).GetEnumerator()));
            }

            var chosen = random.Next(open.Count);
            var (session, events) = open[chosen];
            if (events.MoveNext())
            {
                yield return (session.Session!.Id, ++session.Version, events.Current);
            }
            else
            {
                events.Dispose();
                open[chosen] = open[^1];
                open.RemoveAt(open.Count - 1);
            }
        }
    }

    private IEnumerable<ISessionEvent> LiveAsItComes(Life life)
    {
        yield return life.Begin(TriggerSession.Decide(Trigger(), Tick()).Answer!);
        var cancelAfter = random.Next(100) < 10 ? random.Next(life.Session!.Runs.Length * 3) : int.MaxValue;
        var steps = 0;
        foreach (var run in life.Session!.Runs.Select(run => run.SequenceId).ToList())
        {
            foreach (var step in StepsOf(life, run))
            {
                if (steps++ == cancelAfter)
                {
                    foreach (var data in Cancel(life))
                    {
                        yield return data;
                    }

                    yield break;
                }

                foreach (var data in step())
                {
                    yield return life.Add(data);
                }
            }
        }
    }

    private IEnumerable<Func<IReadOnlyList<ISessionEvent>>> StepsOf(Life life, Guid run)
    {
        var runner = $"runner-{random.Next(40)}";
        var luck = random.Next(1_000);
        yield return () => ClaimRun.Decide(life.Session!, new ClaimRun(run, runner, 30), Tick()).Events;
        yield return () => StartRun.Decide(life.Session!, new StartRun(run, runner), Tick()).Events;
        if (luck < 120)
        {
            yield return () => Report(life, run, runner, ResultType.Attempt, fails: true, degraded: false);
        }

        yield return luck switch
        {
            998 => () => TimeOutRun.Decide(life.Session!, new TimeOutRun(run), Tick()).Events,
            999 => () => LoseRun.Decide(life.Session!, new LoseRun(run, runner), Tick()).Events,
            _ => () => Report(life, run, runner, ResultType.Final, fails: luck < 70, degraded: luck is >= 120 and < 150),
        };
    }

    private IReadOnlyList<ISessionEvent> Report(Life life, Guid run, string runner, ResultType type, bool fails, bool degraded) =>
        ReportResult.Decide(
            life.Session!,
            new ReportResult(NewId(), run, runner, type, fails, false, degraded, false, random.Next(200, 60_000), null, null, null, null),
            Tick()).Events;

    private IEnumerable<ISessionEvent> Cancel(Life life)
    {
        var cause = (CancelCause)random.Next(6);
        var command = new RequestCancel(
            NewId(), new Actor(ActorKind.User, $"user-{random.Next(30)}"), CancelVia.Checkly, cause, "no longer needed", Force: false, null);
        foreach (var data in RequestCancel.Decide(life.Session!, command, CancelPolicy.Default, Tick()).Events)
        {
            yield return life.Add(data);
        }

        foreach (var run in life.Session!.Runs.Where(run => run is { State: RunState.Cancelling, RunnerId: not null }).ToList())
        {
            var (id, runner) = (run.SequenceId, run.RunnerId!);
            foreach (var step in new Func<IReadOnlyList<ISessionEvent>>[]
            {
                () => DeliverCancel.Decide(life.Session!, new DeliverCancel(id, command.CancelId, runner, DeliveryChannel.Stream), Tick()).Events,
                () => AcknowledgeCancel.Decide(life.Session!, new AcknowledgeCancel(id, command.CancelId, runner), Tick()).Events,
                () => AbortRun.Decide(
                    life.Session!,
                    new AbortRun(id, command.CancelId, runner, AbortManner.Graceful, 130, null, random.Next(3_000), new StopEvidence(0)),
                    Tick()).Events,
            })
            {
                foreach (var data in step())
                {
                    yield return life.Add(data);
                }
            }
        }
    }

    private TriggerSession Trigger()
    {
        var kind = random.Next(10) switch { < 6 => SessionKind.Check, < 8 => SessionKind.Test, _ => SessionKind.Run };
        var check = random.Next(Checks.Count);
        var runs = kind is SessionKind.Run ? 1 : random.Next(1, 5);
        return new TriggerSession(
            NewId(),
            AccountId,
            kind,
            kind is SessionKind.Run ? $"project-{check % 20}" : null,
            $"Suite {check}",
            SessionSource.TriggerApi,
            new Actor(ActorKind.ApiKey, "key-1", "Dana"),
            null,
            ConflictBehaviour.Queue,
            null,
            [
                .. Enumerable.Range(0, runs).Select(number => new PlannedRun(
                    NewId(),
                    Checks[kind is SessionKind.Test ? (check + number) % Checks.Count : check],
                    CheckTypes.Playwright,
                    $"Suite {check}",
                    Locations[number % Locations.Length],
                    null,
                    TimeoutSeconds: 600)),
            ]);
    }

    /// <summary>A version 7, as the ledger's own ids are, from the seed.</summary>
    private Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (Now.ToUnixTimeMilliseconds() << 16) | 0x7000L | (uint)random.Next(0x1000));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3f));
        return new Guid(bytes, bigEndian: true);
    }

    private DateTimeOffset Tick() => Now += 2 * random.NextDouble() * pace;

    private sealed class Life
    {
        public Session? Session { get; private set; }

        public long Version { get; set; }

        public ISessionEvent Begin(SessionTriggered triggered)
        {
            Session = Session.Create(triggered);
            return triggered;
        }

        public ISessionEvent Add(ISessionEvent data)
        {
            Session = Session.Fold(Session, data);
            return data;
        }
    }
}
