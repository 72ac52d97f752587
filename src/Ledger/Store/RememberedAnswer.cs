namespace Ledger.Store;

/// <summary>The first answer to a request with an idempotency key: kept with its events, and given again, whatever happened since.</summary>
/// <param name="Id">The account, what the request was about, and the caller's key: the same key elsewhere is another key.</param>
/// <param name="Fingerprint">A digest of the request: the same key with another request is an error, not a repeat.</param>
/// <param name="Answer">The answer, as JSON text.</param>
/// <param name="At">When it was given.</param>
public sealed record RememberedAnswer(string Id, string Fingerprint, string Answer, DateTimeOffset At)
{
    /// <summary>The id of an answer.</summary>
    public static string IdOf(Guid accountId, string scope, string key) => $"{accountId}/{scope}/{key}";
}
