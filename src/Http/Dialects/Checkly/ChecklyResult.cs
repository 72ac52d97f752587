using Microsoft.AspNetCore.Http.HttpResults;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>Answers of this dialect.</summary>
public static class ChecklyResult
{
    public static JsonHttpResult<T> Json<T>(T body, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(body, ChecklyJson.Options, statusCode: status);
}
