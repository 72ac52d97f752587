namespace Ledger.Http.Runners;

/// <summary>
/// A runner claims queued runs, waiting for some if it likes. The answer repeats every cancel that is open for it; one that it has never
/// been told of ends the waiting.
/// </summary>
public static class ClaimRunsEndpoint
{
    [WolverinePost("/ledger/runners/{runnerId}/claims"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("Claims queued runs under a lease; holds the question for waitSeconds when there is none.")]
    public static async Task<ClaimAnswer> Post(
        string runnerId,
        [FromBody] ClaimRequest request,
        Caller caller,
        RunnerBindings runners,
        RunnerPresence presence,
        ClaimWatch waiting,
        RunClaims claims,
        OpenCancels openCancels,
        Deliveries deliveries,
        IHostApplicationLifetime lifetime,
        TimeProvider clock,
        HttpContext context,
        CancellationToken cancellation)
    {
        var runner = RunnerId.Of(caller, runnerId);
        var claiming = new Claiming(caller, runner.Name, request.ToFilter(caller), request.Holds);
        await runners.BindAsync(context.Key(), runner.Name, cancellation);
        presence.Claims(caller.AccountId, runner.Name, caller.Project, claiming.Filter.Locations, claiming.Filter.CheckTypes);
        using var claim = waiting.Enter(caller.AccountId, claiming.Filter);
        IReadOnlyList<CancelSignal>? known = await openCancels.ReadAsync(caller, runner.Name, cancellation);
        await claims.TakeAgainAsync(claiming, cancellation);
        await claims.TakeQueuedAsync(claiming, cancellation);
        if (claiming.Taken.Count == 0 && request.WaitSeconds > 0 && known.All(signal => deliveries.IsKnown(runner, signal)))
        {
            using var over = new CancellationTokenSource(TimeSpan.FromSeconds(request.WaitSeconds), clock);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation, lifetime.ApplicationStopping);
            await claims.TakeOfferedAsync(claiming, claim, ending.Token);
            known = null;
        }

        return new ClaimAnswer(claiming.Taken, await TellAsync());

        async Task<IReadOnlyList<CancelSignal>> TellAsync()
        {
            try
            {
                var told = known ?? await openCancels.ReadAsync(caller, runner.Name, cancellation);
                await deliveries.RecordAsync(runner, told, DeliveryChannel.Claim, cancellation);
                return told;
            }
            catch (StoreUnavailableException) when (claiming.Taken.Count > 0)
            {
                // What was claimed must reach its runner; cancels come again with its heartbeats.
                return [];
            }
        }
    }
}

/// <summary>A runner asks for queued runs.</summary>
/// <param name="CheckTypes">What it can execute; empty for every type.</param>
/// <param name="Max">How many it can take.</param>
/// <param name="WaitSeconds">How long to hold the question while nothing is queued.</param>
/// <param name="Holds">The runs that it has received: what it claimed beyond these and has not begun is given again, first of all.</param>
public sealed record ClaimRequest(
    IReadOnlyList<string> Locations,
    IReadOnlyList<string> CheckTypes,
    int Max = 1,
    int WaitSeconds = 0,
    IReadOnlyList<Guid>? Holds = null)
{
    private const int MaximumHolds = 10_000;
    private const int MaximumLocations = 100;
    private const int MaximumRuns = 100;
    private const int MaximumWaitSeconds = 30;

    /// <summary>What the runner can take.</summary>
    public ClaimFilter ToFilter(Caller caller)
    {
        if (Locations.Count is 0 or > MaximumLocations)
        {
            throw RequestRejected.BadRequest($"'locations' must be 1 to {MaximumLocations} names.");
        }

        if (CheckTypes.Count > MaximumLocations)
        {
            throw RequestRejected.BadRequest($"'checkTypes' must be at most {MaximumLocations} types.");
        }

        if (Holds is { Count: > MaximumHolds })
        {
            throw RequestRejected.BadRequest($"'holds' must be at most {MaximumHolds} runs.");
        }

        if (Max is < 1 or > MaximumRuns || WaitSeconds is < 0 or > MaximumWaitSeconds)
        {
            throw RequestRejected.BadRequest(
                $"'max' must be from 1 to {MaximumRuns}, and 'waitSeconds' from 0 to {MaximumWaitSeconds}.");
        }

        return new ClaimFilter(
            Locations.Select(location => Inputs.Name("locations", location)).ToHashSet(StringComparer.Ordinal),
            CheckTypes.Count == 0
                ? Ledger.Sessions.CheckTypes.Known.ToHashSet(StringComparer.Ordinal)
                : CheckTypes.Select(type => Inputs.CheckType("checkTypes", type)).ToHashSet(StringComparer.Ordinal),
            caller.Project,
            Max);
    }
}

/// <summary>What one claim can take.</summary>
/// <param name="Project">Only runs of this project; null for all.</param>
public sealed record ClaimFilter(HashSet<string> Locations, HashSet<string> CheckTypes, string? Project, int Max);

/// <summary>What a runner was given.</summary>
/// <param name="Runs">Runs that it holds from now on.</param>
/// <param name="Cancels">Every cancel that is open for it, whichever claim the run came from.</param>
public sealed record ClaimAnswer(IReadOnlyList<ClaimedRun> Runs, IReadOnlyList<CancelSignal> Cancels);

/// <summary>A run under a lease.</summary>
/// <param name="LeaseSeconds">How long the lease holds without a heartbeat.</param>
/// <param name="Traceparent">The W3C trace of the request that triggered the session, to be continued; null for none.</param>
public sealed record ClaimedRun(
    Guid SessionId,
    Guid SequenceId,
    string CheckType,
    string Name,
    string Location,
    JsonElement? Spec,
    int LeaseSeconds,
    string? Traceparent)
{
    /// <summary>A run that its runner holds.</summary>
    /// <param name="spec">What to execute, its secrets in the clear: the one way out on which they are.</param>
    public static ClaimedRun Of(SessionSnapshot snapshot, Run run, JsonElement? spec) => new(
        snapshot.Session.Id,
        run.SequenceId,
        run.Plan.CheckType,
        run.Plan.Name,
        run.Plan.Location,
        spec,
        run.LeaseSeconds,
        TraceOf(snapshot.TriggerContext));

    // Whether the trace is recorded is not kept: whoever continues it is asked to record it.
    private static string? TraceOf(EventContext trigger) => trigger is { CorrelationId: { } trace, CausationId: { } span }
        ? $"00-{trace}-{span}-01"
        : null;
}
