using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Locations;

namespace Ledger.Http.Dialects.Checkly.Checks;

/// <summary>A registered check as this dialect shows it (wire.md 3.12). What the ledger knows nothing of is null, false or empty.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Description">Always null.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Activated">Whether a trigger may select it.</param>
/// <param name="Muted">Always false.</param>
/// <param name="Frequency">Always null: the ledger schedules nothing.</param>
/// <param name="Locations">Its public locations.</param>
/// <param name="PrivateLocations">Its other locations, by slug.</param>
/// <param name="Tags">What triggers select by.</param>
/// <param name="MaxResponseTime">From this many milliseconds on a run has failed; null for never.</param>
/// <param name="DegradedResponseTime">From this many milliseconds on a run is degraded; null for never.</param>
/// <param name="GroupId">Always null: there are no groups.</param>
/// <param name="GroupOrder">Always null.</param>
/// <param name="RuntimeId">Always null, which is the account's own.</param>
/// <param name="ScriptPath">Always null.</param>
/// <param name="CreatedAt">When it was first registered.</param>
/// <param name="UpdatedAt">When it was registered last.</param>
public sealed record RegisteredCheck(
    Guid Id,
    string Name,
    string? Description,
    string CheckType,
    bool Activated,
    bool Muted,
    int? Frequency,
    IReadOnlyList<string> Locations,
    IReadOnlyList<string> PrivateLocations,
    IReadOnlyList<string> Tags,
    long? MaxResponseTime,
    long? DegradedResponseTime,
    long? GroupId,
    int? GroupOrder,
    string? RuntimeId,
    string? ScriptPath,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset? UpdatedAt)
{
    /// <summary>What an API check asks for; absent for every other check.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CheckRequest? Request { get; private init; }

    public static RegisteredCheck Of(Check check, PublicLocations locations) => new(
        check.Id,
        check.Name,
        null,
        check.CheckType,
        check.Activated,
        false,
        null,
        [.. check.Locations.Where(locations.Contains)],
        [.. check.Locations.Where(location => !locations.Contains(location))],
        check.Tags,
        check.MaxResponseTime,
        check.DegradedResponseTime,
        null,
        null,
        null,
        null,
        check.CreatedAt,
        check.UpdatedAt)
    {
        Request = CheckRequest.Of(check),
    };
}

/// <summary>What an API check asks for.</summary>
public sealed record CheckRequest(string Method, string Url)
{
    /// <summary>From the spec's <c>apiRequest</c>; null for a check without one.</summary>
    public static CheckRequest? Of(Check check) =>
        check.Spec is { ValueKind: JsonValueKind.Object } spec
        && spec.TryGetProperty("apiRequest", out var request)
        && request.ValueKind is JsonValueKind.Object
        && Text(request, "url") is { } url
            ? new CheckRequest(Text(request, "method") ?? HttpMethods.Get, url)
            : null;

    private static string? Text(JsonElement members, string name) =>
        members.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
