using Microsoft.AspNetCore.Http.HttpResults;

namespace Ledger.Http.Dialects.Stably;

/// <summary>Answers of this dialect; all that succeeds is 200.</summary>
public static class StablyResult
{
    public static JsonHttpResult<T> Json<T>(T body) => TypedResults.Json(body, StablyJson.Options);
}
