namespace Ledger.Http.PlainRuns;

/// <summary>
/// Triggers, finds and cancels plain test runs: one and the same thing for Empirical, which knows it by its number, Stably, which knows it by
/// its id within its project, and TesterArmy, which knows it by its id.
/// </summary>
public sealed class PlainRunSessions(
    IDocumentStore store, SessionWriter sessions, CancelPolicy policy, LedgerSettings settings, TimeProvider clock)
{
    /// <summary>Triggers a run.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds, or a project that the caller is not bound to.</exception>
    public async Task<SessionSnapshot> TriggerAsync(Caller caller, PlainRunRequest request, CancellationToken cancellation) =>
        (await TriggerAsync(caller, [request], cancellation)).Single();

    /// <summary>Triggers several runs, all of them or none.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds, or a project that the caller is not bound to.</exception>
    public async Task<IReadOnlyList<SessionSnapshot>> TriggerAsync(
        Caller caller, IReadOnlyList<PlainRunRequest> requests, CancellationToken cancellation)
    {
        await using var documents = store.QuerySession(caller.AccountId.ToString());
        var all = requests.All(request => request.CheckId is not null) ? [] : await documents.ChecksAsync(cancellation);
        var meant = requests.Select(request => request.CheckId ?? ProjectChecks.Choose(all, request.Project, request.Traits)?.Id).ToList();
        var checks = (await documents.WholeChecksAsync(meant.OfType<Guid>().Distinct(), cancellation)).ToDictionary(check => check.Id);
        var now = clock.GetUtcNow();
        var (made, refusal) = await sessions.TriggerAsync(
            caller,
            [.. requests.Zip(meant, (request, id) => CommandFor(request, checks.GetValueOrDefault(id ?? Guid.Empty), caller, now))],
            cancellation);
        return refusal is null ? made : throw refusal.ToRejection();
    }

    /// <summary>The run of that session id; null when the caller sees none.</summary>
    public async Task<SessionSnapshot?> FindAsync(Caller caller, Guid sessionId, CancellationToken cancellation) =>
        OnlyRun(await sessions.ReadAsync(caller, sessionId, cancellation));

    /// <summary>The run of that number; null when the caller sees none.</summary>
    public async Task<SessionSnapshot?> FindAsync(Caller caller, long number, CancellationToken cancellation) =>
        OnlyRun(await sessions.FindByNumberAsync(caller.AccountId, number, cancellation)) is { } found && caller.Sees(found.Session) ? found : null;

    /// <summary>
    /// Cancels a run by the rule of a dialect, decided in the run's stream. What is no run, or one that the caller does not see, is refused as
    /// unknown. One that is being stopped already is accepted again and nothing is recorded, unless the rule refuses it.
    /// </summary>
    public Task<Executed<CancelAnswer>> CancelAsync(Caller caller, Guid sessionId, PlainRunCancel cancel, CancellationToken cancellation)
    {
        var command = new RequestCancel(
            Guid.CreateVersion7(clock.GetUtcNow()),
            caller.Actor,
            cancel.Via,
            CancelCause.User,
            cancel.Reason,
            Force: false,
            SequenceIds: null,
            Origin: cancel.Origin);
        var rule = policy with { OnlyQueued = cancel.OnlyQueued };
        return sessions.ExecuteAsync(
            caller,
            sessionId,
            (session, now) => RefusalOf(cancel, session) is { } refusal
                ? Decision<CancelAnswer>.Refuse(refusal)
                : RequestCancel.Decide(session, command, rule, now),
            cancellation: cancellation);
    }

    private static Refusal? RefusalOf(PlainRunCancel cancel, Session session) => session.Kind is SessionKind.Run
        ? cancel.Refuses?.Invoke(session)
        : new Refusal(RefusalKind.UnknownSession, "A session of another kind.");

    private static SessionSnapshot? OnlyRun(SessionSnapshot? snapshot) =>
        snapshot is { Session.Kind: SessionKind.Run } ? snapshot : null;

    private TriggerSession CommandFor(PlainRunRequest request, Check? check, Caller caller, DateTimeOffset now) => new(
        Guid.CreateVersion7(now),
        caller.AccountId,
        SessionKind.Run,
        Inputs.OptionalName("project", request.Project),
        Inputs.Name("name", request.Name),
        SessionSource.TriggerApi,
        caller.Actor,
        request.ConcurrencyGroup,
        request.OnConflict,
        request.Metadata.Count == 0 ? null : JsonSerializer.SerializeToElement(request.Metadata),
        [check is null ? Unregistered(request, now) : Registered(request, check, now)]);

    private PlannedRun Registered(PlainRunRequest request, Check check, DateTimeOffset now) => check.At(
        check.Locations.Count > 0 ? check.Locations[0] : settings.PlainRuns.Location,
        check.SpecWith(MembersOf(request), RunVariables.Of(request.Environment)),
        now);

    private PlannedRun Unregistered(PlainRunRequest request, DateTimeOffset now)
    {
        var spec = new JsonObject();
        foreach (var (name, value) in MembersOf(request))
        {
            spec[name] = JsonSerializer.SerializeToNode(value);
        }

        RunVariables.Of(request.Environment).TryWriteTo(spec);
        return new PlannedRun(
            Guid.CreateVersion7(now),
            request.CheckId,
            request.CheckType,
            request.Name,
            settings.PlainRuns.Location,
            spec.Count == 0 ? null : JsonSerializer.SerializeToElement(spec));
    }

    private static Dictionary<string, JsonElement> MembersOf(PlainRunRequest request) => request.Published is { } published
        ? new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["request"] = published }
        : [];
}

/// <summary>How a dialect cancels a plain run.</summary>
/// <param name="Reason">Why, in the caller's words; null when none were given.</param>
/// <param name="Origin">What the client said about itself; null when it said nothing.</param>
/// <param name="OnlyQueued">Whether a run that a runner has taken goes on.</param>
/// <param name="Refuses">What the dialect refuses before the ledger decides; null for nothing.</param>
public sealed record PlainRunCancel(
    CancelVia Via,
    string? Reason = null,
    IReadOnlyDictionary<string, string>? Origin = null,
    bool OnlyQueued = false,
    Func<Session, Refusal?>? Refuses = null);
