using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Targets;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.CheckSessions;

/// <summary>Triggers one session for each check that is meant, all of them or none (wire.md 3.3).</summary>
public static class TriggerCheckSessions
{
    public static async Task<IResult> HandleAsync(
        HttpContext context,
        ApiVersion version,
        CheckRegistry registry,
        SessionStreams sessions,
        LedgerSettings settings,
        TimeProvider clock)
    {
        var request = await ReadAsync(context.Request, version);
        var key = context.Key();
        var checks = await registry.SelectAsync(request.Target, key.AccountId, context.RequestAborted);
        var runs = checks.Sum(check => (long)check.Locations.Count);
        if (runs > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'target' means {runs} runs; at most {Limits.Runs} are started at once.");
        }

        var now = clock.GetUtcNow();
        var metadata = TriggerMetadata.Of(context.Request);
        var (made, refusal) = await sessions.TriggerAsync(
            [.. checks.Select(check => CommandFor(check, request, key, metadata, now))], context.EventContext(), context.RequestAborted);
        if (refusal is not null)
        {
            throw refusal.ToRejection();
        }

        context.SetPosition(made[^1].LastPosition);
        var links = new ChecklyLinks(context.Request, settings);
        return ChecklyResult.Json(
            new TriggeredCheckSessions([.. made.Select(session => CheckSession.Of(session.Session, version, links, clock.GetUtcNow()))]),
            StatusCodes.Status201Created);
    }

    /// <summary>Version 1 starts everything when it is sent nothing; version 2 wants to be told, if only <c>{}</c>.</summary>
    private static async Task<CheckSessionTrigger> ReadAsync(HttpRequest request, ApiVersion version) => version is ApiVersion.V1
        ? await Body.ReadJsonAsync<CheckSessionTrigger>(request, ChecklyJson.Options) ?? new CheckSessionTrigger()
        : await Body.ReadRequiredJsonAsync<CheckSessionTrigger>(request, ChecklyJson.Options);

    private static TriggerSession CommandFor(
        Check check, CheckSessionTrigger request, ApiKey key, JsonElement? metadata, DateTimeOffset now)
    {
        var spec = check.SpecWith(TriggerOptions.MembersOf(request.RefreshCache));
        return new TriggerSession(
            Guid.CreateVersion7(now),
            key.AccountId,
            SessionKind.Check,
            Project: null,
            check.Name,
            SessionSource.TriggerApi,
            key.Actor,
            ConcurrencyGroup: null,
            ConflictBehaviour.Queue,
            metadata,
            [.. check.Locations.Select(location => check.At(location, spec, now))]);
    }
}

/// <summary>The body of a trigger of check sessions.</summary>
public sealed record CheckSessionTrigger
{
    /// <summary>Which checks.</summary>
    public CheckTarget Target { get; init; } = new();

    /// <summary>Whether the runner is to install dependencies from scratch.</summary>
    public bool RefreshCache { get; init; }
}
