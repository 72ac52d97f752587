namespace Ledger.Http.Requests;

/// <summary>
/// Array parameters of the query string in every style that clients send: <c>a=x&amp;a=y</c>, <c>a[]=x&amp;a[]=y</c> and <c>a=x,y</c>, in
/// any mixture (docs/dialects/common.md#requests).
/// </summary>
public static class QueryArrays
{
    /// <summary>The values, each once; none when the parameter is absent or empty.</summary>
    public static IReadOnlyList<string> Read(IQueryCollection query, string name) =>
    [
        .. query[name]
            .Concat(query[$"{name}[]"])
            .SelectMany(values => (values ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct(),
    ];
}
