using Microsoft.AspNetCore.Http.HttpResults;

namespace Ledger.Http.Dialects.Empirical;

/// <summary>Answers of this dialect.</summary>
public static class EmpiricalResult
{
    public static JsonHttpResult<T> Json<T>(T body) => TypedResults.Json(body, EmpiricalJson.Options);

    /// <summary>What most answers are wrapped in.</summary>
    public static JsonHttpResult<EmpiricalData<T>> Data<T>(T data) => Json(new EmpiricalData<T>(data));
}

/// <summary>An answer.</summary>
public sealed record EmpiricalData<T>(T Data);
