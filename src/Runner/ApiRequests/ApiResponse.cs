namespace Ledger.Runner.ApiRequests;

/// <summary>An answer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="StatusText">Its reason phrase.</param>
/// <param name="Headers">By their names in lower case; several of one name with commas between.</param>
/// <param name="Body">The body as text.</param>
/// <param name="Time">From the beginning of the request to the end of the body.</param>
internal sealed record ApiResponse(
    int Status, string? StatusText, IReadOnlyDictionary<string, string> Headers, string Body, TimeSpan Time);
