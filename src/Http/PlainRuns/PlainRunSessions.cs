using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.PlainRuns;

/// <summary>
/// Triggers and finds plain test runs: one and the same thing for Empirical (by its number), Stably (by its id, within its project) and
/// TesterArmy (by its id); wire.md 2.2.
/// </summary>
public sealed class PlainRunSessions(CheckRegistry registry, SessionStreams sessions, LedgerSettings settings, TimeProvider clock)
{
    /// <summary>Triggers a run.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot> TriggerAsync(HttpContext context, PlainRunRequest request) =>
        (await TriggerAsync(context, [request])).Single();

    /// <summary>Triggers several runs, all of them or none.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SessionSnapshot>> TriggerAsync(HttpContext context, IReadOnlyList<PlainRunRequest> requests)
    {
        var made = await TriggerAsync(CallerParameter.Of(context), requests, context.RequestAborted);
        if (made.Count > 0)
        {
            context.SetPosition(made[^1].LastPosition);
        }

        return made;
    }

    /// <summary>Triggers a run for a caller.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds, or a project that the caller is not bound to.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot> TriggerAsync(Caller caller, PlainRunRequest request, CancellationToken cancellation) =>
        (await TriggerAsync(caller, [request], cancellation)).Single();

    /// <summary>Triggers several runs for a caller, all of them or none.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds, or a project that the caller is not bound to.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SessionSnapshot>> TriggerAsync(
        Caller caller, IReadOnlyList<PlainRunRequest> requests, CancellationToken cancellation)
    {
        var checks = await registry.ListAsync(caller.AccountId, cancellation);
        var now = clock.GetUtcNow();
        var (made, refusal) = await sessions.TriggerAsync(
            caller, [.. requests.Select(request => CommandFor(request, CheckFor(request, checks), caller, now))], cancellation);
        return refusal is null ? made : throw refusal.ToRejection();
    }

    /// <summary>The run of that session id; null when the account has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> FindAsync(Guid accountId, Guid sessionId, CancellationToken cancellation) =>
        OnlyRun(await sessions.ReadAsync(new StreamId(accountId, sessionId), cancellation));

    /// <summary>The run of that number; null when the account has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> FindAsync(Guid accountId, long number, CancellationToken cancellation) =>
        OnlyRun(await sessions.FindByNumberAsync(accountId, number, cancellation));

    private static SessionSnapshot? OnlyRun(SessionSnapshot? snapshot) =>
        snapshot is { Session.Kind: SessionKind.Run } ? snapshot : null;

    private static Check? CheckFor(PlainRunRequest request, IReadOnlyList<Check> checks) => request.CheckId is { } id
        ? checks.FirstOrDefault(check => check.Id == id)
        : ProjectChecks.Choose(checks, request.Project, request.Traits);

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
