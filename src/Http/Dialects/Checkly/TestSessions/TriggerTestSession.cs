using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Targets;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>Triggers one session with a run of each check that is meant, all at one location (wire.md 3.6).</summary>
public static class TriggerTestSession
{
    public static async Task<IResult> HandleAsync(
        HttpContext context, CheckRegistry registry, SessionStreams sessions, LedgerSettings settings, TimeProvider clock)
    {
        var request = await Body.ReadRequiredJsonAsync<TestSessionTrigger>(context.Request, ChecklyJson.Options);
        request.Validate();
        var environment = EnvironmentVariable.ByName(request.EnvironmentVariables ?? []);
        var options = TriggerOptions.MembersOf(request.RefreshCache, request.RetryStrategy);
        var key = context.Key();
        var checks = await registry.SelectAsync(request.Target, key.AccountId, context.RequestAborted);
        var now = clock.GetUtcNow();
        var command = new TriggerSession(
            Guid.CreateVersion7(now),
            key.AccountId,
            SessionKind.Test,
            Project: null,
            request.Name!,
            SessionSource.TriggerApi,
            key.Actor,
            ConcurrencyGroup: null,
            ConflictBehaviour.Queue,
            MetadataOf(context.Request, request),
            [.. checks.Select(check => check.At(request.RunLocation!, check.SpecWith(options, environment), now))]);
        var (made, refusal) = await sessions.TriggerAsync([command], context.EventContext(), context.RequestAborted);
        if (refusal is not null)
        {
            throw refusal.ToRejection();
        }

        context.SetPosition(made[0].LastPosition);
        var links = new ChecklyLinks(context.Request, settings);
        return ChecklyResult.Json(TestSession.Of(made[0].Session, links, clock.GetUtcNow()), StatusCodes.Status201Created);
    }

    private static JsonElement? MetadataOf(HttpRequest http, TestSessionTrigger request)
    {
        var metadata = request.Metadata ?? new TestSessionMetadata();
        var facts = metadata.ToJson();
        facts[TestSessionProvider.Member] = metadata.ReportsToGithub ? TestSessionProvider.Github : TestSessionProvider.Api;
        return TriggerMetadata.Of(http, facts);
    }
}

/// <summary>The body of a trigger of a test session.</summary>
public sealed record TestSessionTrigger
{
    /// <summary>What people call the session. Required.</summary>
    public string? Name { get; init; }

    /// <summary>Where all of it runs: a region, or a private location's slug. Required.</summary>
    public string? RunLocation { get; init; }

    /// <summary>Which checks.</summary>
    public TestTarget Target { get; init; } = new();

    /// <summary>At most <see cref="EnvironmentVariable.Maximum"/>.</summary>
    public IReadOnlyList<EnvironmentVariable>? EnvironmentVariables { get; init; }

    /// <summary>When failed runs are tried again; null for the check's own way.</summary>
    public RetryStrategy? RetryStrategy { get; init; }

    /// <summary>Whether the runner is to install dependencies from scratch.</summary>
    public bool RefreshCache { get; init; }

    /// <summary>What is known of the code under test.</summary>
    public TestSessionMetadata? Metadata { get; init; }

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public void Validate()
    {
        Inputs.Name("name", Name);
        Inputs.Name("runLocation", RunLocation);
        RetryStrategy?.Validate();
        Metadata?.Validate();
    }
}
