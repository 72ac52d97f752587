using System.Text.Json;

namespace Ledger.Projections.SessionList;

/// <summary>
/// The facts about the trigger that lists filter by, from the session's metadata, as far as they are there as strings under their published
/// names (docs/dialects/checkly.md#metadata).
/// </summary>
internal sealed record GitMetadata(string? Environment, string? Branch, string? CommitId, string? CommitOwner, string? CommitMessage)
{
    public static GitMetadata Of(JsonElement? metadata) => new(
        Text(metadata, "environment"),
        Text(metadata, "branchName"),
        Text(metadata, "commitId"),
        Text(metadata, "commitOwner"),
        Text(metadata, "commitMessage"));

    private static string? Text(JsonElement? metadata, string name) =>
        metadata is { ValueKind: JsonValueKind.Object } facts
        && facts.TryGetProperty(name, out var value)
        && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
