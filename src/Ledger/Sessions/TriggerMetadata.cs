using System.Text.Json;

namespace Ledger.Sessions;

/// <summary>
/// The facts about a trigger that readers filter by, from the session's metadata, as far as they are there under their published names
/// (docs/dialects/checkly.md#metadata).
/// </summary>
/// <param name="Environment">The slug of the environment.</param>
/// <param name="Branch">The branch.</param>
/// <param name="CommitId">The commit.</param>
/// <param name="CommitOwner">Who made it.</param>
/// <param name="CommitMessage">What they said.</param>
/// <param name="IsRerun">Whether the session repeats an earlier one.</param>
public sealed record TriggerMetadata(
    string? Environment, string? Branch, string? CommitId, string? CommitOwner, string? CommitMessage, bool IsRerun)
{
    /// <summary>Those of a session; each is absent where the metadata are something else than a string, or a number for a repeat.</summary>
    public static TriggerMetadata Of(JsonElement? metadata) => new(
        Text(metadata, "environment"),
        Text(metadata, "branchName"),
        Text(metadata, "commitId"),
        Text(metadata, "commitOwner"),
        Text(metadata, "commitMessage"),
        Find(metadata, "rerun_source_id", JsonValueKind.Number) is not null);

    private static string? Text(JsonElement? metadata, string name) => Find(metadata, name, JsonValueKind.String)?.GetString();

    private static JsonElement? Find(JsonElement? metadata, string name, JsonValueKind kind) =>
        metadata is { ValueKind: JsonValueKind.Object } facts && facts.TryGetProperty(name, out var value) && value.ValueKind == kind
            ? value
            : null;
}
