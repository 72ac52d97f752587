using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Secrets;
using Marten.Schema.Indexing.Unique;

namespace Ledger.Checks;

/// <summary>A registered check: what can be triggered, and what to run for it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="CheckType">One of the known types.</param>
/// <param name="Tags">What triggers select by.</param>
/// <param name="Locations">Where a session of it runs, one run each.</param>
/// <param name="Activated">Whether a trigger may select it.</param>
/// <param name="MaxResponseTime">From this many milliseconds on a run has failed; null for never.</param>
/// <param name="DegradedResponseTime">From this many milliseconds on a run is degraded; null for never.</param>
/// <param name="Spec">What to execute: opaque, handed to the runner.</param>
/// <param name="CreatedAt">When it was first registered.</param>
/// <param name="UpdatedAt">When it was registered last.</param>
public sealed record Check(
    Guid Id,
    string Name,
    string CheckType,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Locations,
    bool Activated,
    long? MaxResponseTime,
    long? DegradedResponseTime,
    JsonElement? Spec,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>What to execute: opaque, handed to the runner. Kept sealed, and shown without the values of its secrets (docs/security.md#secrets).</summary>
    public JsonElement? Spec { get; set; } = Spec;

    /// <summary>The check as readers may see it: without the values of its secrets.</summary>
    public Check Shown() => this with { Spec = SpecSecrets.Shown(Spec) };

    /// <summary>Checks of one account: whoever chooses among them looks at all of them.</summary>
    public const int Maximum = 10_000;

    /// <summary>What it is found and told apart by.</summary>
    [JsonIgnore]
    public CheckSummary Summary => new(Id, Name, CheckType, Tags, Locations, Activated);

    /// <summary>A run of it at one location.</summary>
    /// <param name="location">Where.</param>
    /// <param name="spec">What to execute: the check's own spec, or one made from it.</param>
    /// <param name="now">The time, for the sequence id.</param>
    public PlannedRun At(string location, JsonElement? spec, DateTimeOffset now) => new(
        Guid.CreateVersion7(now),
        Id,
        CheckType,
        Name,
        location,
        spec,
        LimitOf(spec),
        DegradedAfterMs: DegradedResponseTime,
        MaxResponseTimeMs: MaxResponseTime);

    /// <summary>The spec's own limit in seconds; it was looked at when the check was registered.</summary>
    private static int? LimitOf(JsonElement? spec) =>
        spec is { ValueKind: JsonValueKind.Object } members && members.TryGetProperty("timeoutSeconds", out var limit)
        && limit.ValueKind is JsonValueKind.Number && limit.TryGetInt32(out var seconds)
            ? seconds
            : null;
}

/// <summary>A registered check without what it executes, which may be large: what checks are found and told apart by.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="CheckType">One of the known types.</param>
/// <param name="Tags">What triggers select by.</param>
/// <param name="Locations">Where a session of it runs.</param>
/// <param name="Activated">Whether a trigger may select it.</param>
public sealed record CheckSummary(
    Guid Id, string Name, string CheckType, IReadOnlyList<string> Tags, IReadOnlyList<string> Locations, bool Activated)
{
    /// <summary>A passive type: it waits for a ping, there is nothing to run.</summary>
    private const string Heartbeat = "HEARTBEAT";

    /// <summary>Whether there is anything to run.</summary>
    public bool IsRunnable => CheckType != Heartbeat;

    /// <summary>Why nothing may start it, in a sentence; null when it can be started.</summary>
    public string? WhyNotStartable => !Activated ? "The check is deactivated."
        : !IsRunnable ? "The check waits for a ping: there is nothing to run."
        : null;
}

/// <summary>The checks of an account: two accounts may have one of the same id.</summary>
public sealed class CheckDocuments : MartenRegistry
{
    /// <summary>Says so to Marten, and has them by name.</summary>
    public CheckDocuments() => For<Check>().MultiTenanted().Index(
        [check => check.Name, check => check.Id],
        index =>
        {
            index.Name = "checks_by_name";
            index.TenancyScope = TenancyScope.PerTenant;
        });
}

/// <summary>How checks are found.</summary>
public static class CheckQueries
{
    /// <summary>All checks of the account, by name, without what they execute.</summary>
    public static async Task<IReadOnlyList<CheckSummary>> ChecksAsync(this IQuerySession documents, CancellationToken cancellation)
    {
        // As text: a session that writes would take any other type for a document.
        var found = await documents.AdvancedSql.QueryAsync<string>(
            "select (data - 'spec')::text from ledger.mt_doc_check where tenant_id = ? order by data ->> 'name', id", cancellation, documents.TenantId);
        return [.. found.Select(check => JsonSerializer.Deserialize<CheckSummary>(check, JsonSerializerOptions.Web)!)];
    }

    /// <summary>All checks of an account, by name, for what has no session of the account open.</summary>
    public static async Task<IReadOnlyList<CheckSummary>> ChecksOfAsync(this IDocumentStore store, Guid accountId, CancellationToken cancellation)
    {
        await using var documents = store.QuerySession(accountId.ToString());
        return await documents.ChecksAsync(cancellation);
    }

    /// <summary>Some checks whole, in the order of their ids; those that are gone meanwhile are left out.</summary>
    public static async Task<IReadOnlyList<Check>> WholeChecksAsync(
        this IQuerySession documents, IEnumerable<Guid> ids, CancellationToken cancellation)
    {
        var asked = ids.ToList();
        var found = asked.Count == 0 ? [] : (await documents.LoadManyAsync<Check>(cancellation, asked)).ToDictionary(check => check.Id);
        return [.. asked.Select(found.GetValueOrDefault).OfType<Check>()];
    }
}
