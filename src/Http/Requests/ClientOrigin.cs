namespace Ledger.Http.Requests;

/// <summary>
/// What a client says about itself in its headers, kept as the origin of a cancel or trigger (docs/dialects/checkly.md#origin,
/// docs/dialects/stably.md#origin).
/// </summary>
/// <param name="headers">The headers that count in a dialect, and the name under which each is kept.</param>
public sealed class ClientOrigin(params IReadOnlyList<(string Header, string Name)> headers)
{
    /// <summary>The member of a session's metadata that holds it.</summary>
    public const string Member = "origin";

    /// <summary>What was said, by name; null when nothing was.</summary>
    public IReadOnlyDictionary<string, string>? Of(HttpRequest request)
    {
        var origin = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (header, name) in headers)
        {
            if (request.Headers[header].ToString() is { Length: > 0 } value)
            {
                origin[name] = value;
            }
        }

        return origin.Count == 0 ? null : origin;
    }
}
