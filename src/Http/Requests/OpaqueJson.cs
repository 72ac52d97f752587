namespace Ledger.Http.Requests;

/// <summary>Reads JSON that the ledger only keeps, such as metadata: nothing of it need be there, or of the form that is expected.</summary>
public static class OpaqueJson
{
    /// <summary>A member of an object; null when there is none.</summary>
    public static JsonElement? Member(this JsonElement? members, string name) =>
        members is { ValueKind: JsonValueKind.Object } all && all.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A member that is a text; null when there is none.</summary>
    public static string? Text(this JsonElement? members, string name) =>
        members.Member(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
