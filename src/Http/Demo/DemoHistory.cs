namespace Ledger.Http.Demo;

/// <summary>
/// The past of the demo shop: sessions as they could have been, decided by the same commands as all others, each at the time at which it would
/// have been. The events' own times are in the past; when they were stored, and in which order, is as it is.
/// </summary>
/// <param name="cast">Whose.</param>
/// <param name="now">The present: everything is over shortly before it.</param>
/// <param name="days">How far back it goes.</param>
internal sealed class DemoHistory(DemoCast cast, DateTimeOffset now, int days)
{
    private const int AtOnce = 48;
    private const double CancelledPushes = 0.22;

    private static readonly string[] Branches = ["main", "main", "main", "feat/gift-cards", "feat/one-page-checkout", "fix/voucher-rounding", "chore/deps"];
    private static readonly string[] Messages = ["Show the voucher in the summary", "Retry the payment once", "Update dependencies", "Round half to even", "Cache the category tree"];
    private static readonly string[] Reasons =
        ["wrong branch", "deploy was rolled back", "test data is broken", "needs the new fixture first", "started twice by mistake", "staging is down", "runs against the old build"];

    private readonly Random random = new(20);
    private int commits = 0x3f2a91;
    private int pushesCancelled;

    public async Task<int> WriteAsync(SessionWriter writer, PastClock clock, CancellationToken cancellation)
    {
        var sessions = Make().OrderBy(session => session.Command.At).ToList();
        foreach (var wave in Waves(sessions))
        {
            foreach (var session in wave)
            {
                clock.Now = session.Command.At;
                var (_, refusal) = await writer.TriggerAsync([session.Command.Trigger], new EventContext(session.Command.Trigger.Actor.Name), cancellation);
                if (refusal is not null)
                {
                    throw new InvalidOperationException(refusal.Message);
                }
            }

            var steps = wave.SelectMany(session => session.Steps.Select(step => (session.Command.Trigger.SessionId, Step: step))).OrderBy(each => each.Step.At);
            await Task.WhenAll([.. steps.Select(each => each.Step.RunAsync(writer, new StreamId(cast.AccountId, each.SessionId), each.Step.At))]);
        }

        return sessions.Count;
    }

    /// <summary>
    /// Sessions that are written together. Two of one check are not, so that its results stand in the log in their order; nor two of one group, for
    /// the ledger would find the earlier one open and cancel it now.
    /// </summary>
    private static IEnumerable<List<PastSession>> Waves(IEnumerable<PastSession> sessions)
    {
        var (wave, taken) = (new List<PastSession>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var session in sessions)
        {
            var trigger = session.Command.Trigger;
            string[] keys = [.. trigger.Kind is SessionKind.Check ? trigger.Runs.Select(run => $"{run.CheckId}") : [], .. trigger.ConcurrencyGroup is { } group ? [group] : Array.Empty<string>()];
            if (wave.Count == AtOnce || keys.Any(taken.Contains))
            {
                yield return wave;
                (wave, taken) = ([], new HashSet<string>(StringComparer.Ordinal));
            }

            wave.Add(session);
            taken.UnionWith(keys);
        }

        yield return wave;
    }

    private List<PastSession> Make()
    {
        var made = new List<PastSession>();
        for (var day = days; day >= 0; day--)
        {
            var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(-day);
            var isWorkday = midnight.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);
            made.AddRange(
                from check in cast.Checks
                where check.EveryHours is not null
                from hour in Enumerable.Range(0, 24)
                where hour % check.EveryHours == 0
                select OfCheck(check, midnight.AddHours(hour).AddMinutes(random.Next(0, 4)), SessionSource.Scheduler, new Actor(ActorKind.System, "scheduler")));
            for (var push = isWorkday ? random.Next(4, 9) : random.Next(0, 3); push > 0; push--)
            {
                made.AddRange(OfPush(midnight.AddHours(7 + (random.NextDouble() * 11))));
            }

            for (var time = isWorkday ? random.Next(2, 5) : 1; time > 0; time--)
            {
                var check = cast.Playwright[random.Next(cast.Playwright.Count)];
                made.Add(OfCheck(check, midnight.AddHours(8 + (random.NextDouble() * 10)), SessionSource.ScheduleNow, Anybody()));
            }

            for (var time = isWorkday ? random.Next(2, 6) : 1; time > 0; time--)
            {
                made.Add(OfPlainRun(midnight.AddHours(6 + (random.NextDouble() * 14))));
            }
        }

        made.RemoveAll(session => session.Steps.Count == 0 || session.Steps[^1].At > now.AddSeconds(-20));
        return made;
    }

    /// <summary>One check at all its locations.</summary>
    private PastSession OfCheck(DemoCheck check, DateTimeOffset at, SessionSource source, Actor actor)
    {
        var session = Begin(at, SessionKind.Check, source, actor, check.Check.Name, null, null, check.Check.Locations.Select(location => (check, location)));
        var isCancellable = source is SessionSource.ScheduleNow;
        if (isCancellable && random.NextDouble() < 0.34)
        {
            Cancel(session, CancelCause.User, Chance(0.7) ? actor : Anybody(), CancelVia.Ui, Chance(0.75) ? Pick(Reasons) : null);
        }
        else if (!isCancellable && random.NextDouble() < 0.012)
        {
            Refuse(session, Anybody(), CancelVia.Cli);
        }

        return session;
    }

    /// <summary>A push starts the suites of its branch; the next push to the same branch takes over what still runs.</summary>
    private IEnumerable<PastSession> OfPush(DateTimeOffset at)
    {
        var branch = Pick(Branches);
        var group = $"web-shop/{branch}";
        var runs = cast.Playwright.SelectMany(check => check.Check.Locations.Take(branch == "main" ? 3 : 1).Select(location => (check, location)));
        var session = Begin(at, SessionKind.Test, SessionSource.TriggerRecord, cast.Ci, $"web-shop on {branch}", "web-shop", branch, runs, group);
        if (branch != "main" && Chance(0.35))
        {
            // Pushed again too soon: the first one is taken over by its successor.
            var again = Begin(at.AddSeconds(random.Next(20, 70)), SessionKind.Test, SessionSource.TriggerRecord, cast.Ci, $"web-shop on {branch}", "web-shop", branch, runs, group);
            Cancel(session, CancelCause.Superseded, Actor.Concurrency, CancelVia.Ledger, "superseded by a newer session of the branch", again);
            yield return session;
            yield return again;
            yield break;
        }

        if (Chance(CancelledPushes))
        {
            var (cause, actor, via, reason) = (pushesCancelled++ % 6) switch
            {
                1 => (CancelCause.FailFast, cast.Ci, CancelVia.Cli, "a required test failed"),
                2 => (CancelCause.Timeout, cast.Ci, CancelVia.Ledger, "the pipeline's time is over"),
                4 => (CancelCause.Shutdown, new Actor(ActorKind.Runner, RunnerAt(DemoCast.Locations[0])), CancelVia.Ledger, "the runner is shutting down"),
                5 => (CancelCause.System, cast.Ci, CancelVia.Ledger, "maintenance of the staging environment"),
                _ => (CancelCause.User, Anybody(), Chance(0.5) ? CancelVia.Checkly : CancelVia.Ui, Pick(Reasons)),
            };
            Cancel(session, cause, actor, via, reason);
        }

        yield return session;
    }

    /// <summary>A plain run, as the other dialects know it.</summary>
    private PastSession OfPlainRun(DateTimeOffset at)
    {
        var check = cast.Playwright[random.Next(cast.Playwright.Count)];
        var session = Begin(
            at, SessionKind.Run, SessionSource.TriggerApi, Chance(0.5) ? cast.Ci : Anybody(), check.Check.Name, "storefront", Pick(Branches), [(check, check.Check.Locations[0])]);
        if (Chance(0.14))
        {
            CancelVia[] vias = [CancelVia.Empirical, CancelVia.Stably, CancelVia.TesterArmy];
            Cancel(session, CancelCause.User, Anybody(), vias[random.Next(3)], Chance(0.6) ? Pick(Reasons) : null);
        }

        return session;
    }

    private PastSession Begin(
        DateTimeOffset at,
        SessionKind kind,
        SessionSource source,
        Actor actor,
        string name,
        string? project,
        string? branch,
        IEnumerable<(DemoCheck Check, string Location)> runs,
        string? group = null)
    {
        at = at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMillisecond)).AddMilliseconds(random.Next(1_000));
        var metadata = branch is null ? (JsonElement?)null : JsonSerializer.SerializeToElement(new
        {
            environment = branch == "main" ? "staging" : "preview",
            branchName = branch,
            commitId = $"{commits += random.Next(9_999, 99_999):x7}",
            commitOwner = Anybody().Name,
            commitMessage = Pick(Messages),
        });
        var lives = runs.Select(run => Live(run.Check, run.Location, at)).ToList();
        var trigger = new TriggerSession(
            Guid.CreateVersion7(at), cast.AccountId, kind, project, name, source, actor, group, group is null ? ConflictBehaviour.Queue : ConflictBehaviour.CancelPrevious, metadata, [.. lives.Select(run => run.Plan)]);
        var session = new PastSession((at, trigger), lives);
        foreach (var run in lives)
        {
            session.AddLife(run);
        }

        return session;
    }

    /// <summary>How one run goes if nobody cancels it.</summary>
    private PastRun Live(DemoCheck check, string location, DateTimeOffset at)
    {
        var runner = RunnerAt(location);
        var claimed = at.AddMilliseconds(random.Next(120, 2_400));
        var started = claimed.AddMilliseconds(random.Next(30, 400));
        var slow = IsSlow(check, at) ? 1.9 : 1;
        var seconds = check.UsualSeconds * slow * (0.82 + (random.NextDouble() * 0.3)) * (Chance(0.04) ? 1.7 : 1) * (location == DemoCast.Locations[2] ? 1.25 : 1);
        var fails = IsBroken(check, at) ? Chance(0.9) : Chance(check.FailureRate);
        return new PastRun(check.Check.At(location, null, at) with { TimeoutSeconds = 300 }, runner, claimed, started, started.AddSeconds(seconds), fails, Chance(0.05));
    }

    // What was the matter, and when: so that incidents have a beginning and an end.
    private bool IsBroken(DemoCheck check, DateTimeOffset at) => check.Check.Name switch
    {
        "Checkout" => IsWithin(at, 9 * 24, 6),
        "Orders API" => IsWithin(at, 12 * 24, 9),
        "Search and filters" => IsWithin(at, 4 * 24, 10),
        "Payment webhook" => IsWithin(at, 7, 7),
        _ => false,
    };

    private bool IsSlow(DemoCheck check, DateTimeOffset at) => check.Check.Name switch
    {
        "Catalog API" => IsWithin(at, 6 * 24, 20),
        "Home page" => IsWithin(at, 15 * 24, 16),
        _ => false,
    };

    private bool IsWithin(DateTimeOffset at, double hoursAgo, double hours) => at >= now.AddHours(-hoursAgo) && at < now.AddHours(-hoursAgo + hours);

    /// <summary>A cancel in the middle, and how each run takes it.</summary>
    private void Cancel(PastSession session, CancelCause cause, Actor actor, CancelVia via, string? reason, PastSession? successor = null)
    {
        var first = session.Runs.Min(run => run.Started);
        var last = session.Runs.Max(run => run.Ended);
        var at = successor?.Command.At.AddMilliseconds(-5) ?? (Chance(0.12) ? session.Command.At.AddMilliseconds(90) : first + ((last - first) * (0.15 + (random.NextDouble() * 0.6))));
        var command = new RequestCancel(
            Guid.CreateVersion7(at), actor, via, cause, reason, Force: Chance(0.06), SequenceIds: null, successor?.Command.Trigger.SessionId);
        foreach (var run in session.Runs.Where(run => run.Ended > at))
        {
            Stop(session, run, command.CancelId, at);
        }

        session.Add(at, (open, now) => RequestCancel.Decide(open, command, CancelPolicy.Default, now));
    }

    private void Stop(PastSession session, PastRun run, Guid cancelId, DateTimeOffset at)
    {
        if (run.Claimed > at)
        {
            session.EndLife(run, at); // It never starts; the request says so itself.
            return;
        }

        var delivered = at.AddMilliseconds(Latency(18, 90));
        var acknowledged = delivered.AddMilliseconds(Latency(35, 160));
        var chance = random.NextDouble();
        if (chance < (session.Runs.Count == 1 ? 0.2 : 0.05) && run.Ended > acknowledged.AddSeconds(1))
        {
            // It had just finished: its real result is there before the stop.
            session.EndLife(run, at);
            session.Add(delivered, (open, when) => DeliverCancel.Decide(open, new DeliverCancel(run.Id, cancelId, run.Runner, DeliveryChannel.Stream), when));
            session.Add(acknowledged, (open, when) => ReportResult.Decide(open, run.Result(acknowledged, isCancelled: false), when));
            return;
        }

        session.EndLife(run, at);
        if (chance > 0.97)
        {
            // Its runner is gone: forced after 30 seconds, expired after 300.
            session.Add(at.AddSeconds(30.2), (open, when) => ForceCancel.Decide(open, new ForceCancel(run.Id, cancelId), when));
            session.Add(at.AddSeconds(300.2), (open, when) => ExpireCancel.Decide(open, new ExpireCancel(run.Id, cancelId), when));
            return;
        }

        var isKilled = chance > 0.85;
        var took = isKilled ? 10_000 + random.Next(15, 400) : Latency(420, 3_900);
        var stopped = acknowledged.AddMilliseconds(took);
        var abort = isKilled
            ? new AbortRun(run.Id, cancelId, run.Runner, AbortManner.Killed, 137, "SIGKILL", took, new StopEvidence(0))
            : new AbortRun(run.Id, cancelId, run.Runner, AbortManner.Graceful, 130, "SIGINT", took, new StopEvidence(0));
        session.Add(delivered, (open, when) => DeliverCancel.Decide(open, new DeliverCancel(run.Id, cancelId, run.Runner, DeliveryChannel.Stream), when));
        session.Add(acknowledged, (open, when) => AcknowledgeCancel.Decide(open, new AcknowledgeCancel(run.Id, cancelId, run.Runner), when));
        session.Add(stopped, (open, when) => AbortRun.Decide(open, abort, when));
        session.Add(stopped.AddMilliseconds(random.Next(30, 120)), (open, when) => ReportResult.Decide(open, run.Result(stopped, isCancelled: true), when));
    }

    /// <summary>Somebody tries to cancel what cannot be cancelled.</summary>
    private void Refuse(PastSession session, Actor actor, CancelVia via)
    {
        var at = session.Command.At.AddMilliseconds(400);
        var command = new RequestCancel(Guid.CreateVersion7(at), actor, via, CancelCause.User, Pick(Reasons), Force: false, SequenceIds: null);
        session.Add(at, (open, when) => RequestCancel.Decide(open, command, CancelPolicy.Default, when));
    }

    /// <summary>Mostly near the usual, now and then far above it.</summary>
    private int Latency(double usual, double most) => (int)(usual * (0.6 + (random.NextDouble() * 0.9)) + (Chance(0.06) ? random.NextDouble() * most : 0));

    private string RunnerAt(string location) => $"{location}-{random.Next(1, 3)}";

    private Actor Anybody() => cast.People[random.Next(cast.People.Count)];

    private string Pick(string[] words) => words[random.Next(words.Length)];

    private bool Chance(double probability) => random.NextDouble() < probability;
}

/// <summary>One session of the past: how it begins, and what happens then.</summary>
internal sealed class PastSession((DateTimeOffset At, TriggerSession Trigger) command, IReadOnlyList<PastRun> runs)
{
    private readonly List<PastStep> steps = [];

    public (DateTimeOffset At, TriggerSession Trigger) Command => command;

    public IReadOnlyList<PastRun> Runs => runs;

    public IReadOnlyList<PastStep> Steps => [.. steps.OrderBy(step => step.At)];

    public void Add<T>(DateTimeOffset at, Func<Session, DateTimeOffset, Decision<T>> decide, PastRun? of = null)
        where T : class =>
        steps.Add(new PastStep(at, of, (writer, stream, when) => writer.ExecuteAsync(stream, (session, _) => decide(session, when), new EventContext("demo"))));

    /// <summary>What a run does from its claim to its result.</summary>
    public void AddLife(PastRun run)
    {
        Add(run.Claimed, (session, when) => ClaimRun.Decide(session, new ClaimRun(run.Id, run.Runner, LeaseSeconds: 30), when), run);
        Add(run.Started, (session, when) => StartRun.Decide(session, new StartRun(run.Id, run.Runner), when), run);
        if (run.TriesTwice && run.Ended - run.Started > TimeSpan.FromSeconds(10))
        {
            var middle = run.Started + ((run.Ended - run.Started) / 2);
            Add(middle, (session, when) => ReportResult.Decide(session, run.Result(middle, isCancelled: false) with { ResultType = ResultType.Attempt, HasFailures = true }, when), run);
        }

        Add(run.Ended, (session, when) => ReportResult.Decide(session, run.Result(run.Ended, isCancelled: false), when), run);
    }

    /// <summary>It does nothing of this any more from a time on.</summary>
    public void EndLife(PastRun run, DateTimeOffset at) => steps.RemoveAll(step => step.Run == run && step.At >= at);
}

/// <summary>One step of a session of the past, at its time.</summary>
internal sealed record PastStep(DateTimeOffset At, PastRun? Run, Func<SessionWriter, StreamId, DateTimeOffset, Task> RunAsync);

/// <summary>How one run went, or would have gone.</summary>
internal sealed record PastRun(
    PlannedRun Plan, string Runner, DateTimeOffset Claimed, DateTimeOffset Started, DateTimeOffset Ended, bool Fails, bool TriesTwice)
{
    public Guid Id => Plan.SequenceId;

    public ReportResult Result(DateTimeOffset stopped, bool isCancelled)
    {
        var exitCode = isCancelled ? 130 : Fails ? 1 : 0;
        var message = Fails && !isCancelled ? "expect(locator).toBeVisible() failed: locator('[data-test=summary]') was not found within 5000 ms" : null;
        return new ReportResult(
            Guid.CreateVersion7(stopped), Id, Runner, ResultType.Final, Fails && !isCancelled, false, false, isCancelled, (long)(stopped - Started).TotalMilliseconds, Started, stopped, null,
            JsonSerializer.SerializeToElement(new { message, exitCode }));
    }
}

/// <summary>A clock that stands where it is put: sessions of the past begin by it.</summary>
internal sealed class PastClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
