using Microsoft.AspNetCore.Http.HttpResults;

namespace Ledger.Http.Requests;

/// <summary>Answers of the native interface.</summary>
public static class NativeResult
{
    public static JsonHttpResult<T> Json<T>(T body, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(body, Requests.Json.Options, statusCode: status);
}
