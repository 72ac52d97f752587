using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.CheckStatus;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Checks;

/// <summary>Which checks to list (wire.md 3.12). Each filter narrows, several tags as well: a check must have all of them.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Entries of a page.</param>
/// <param name="Tags">Tags that it must have.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Search">A part of its name, in whichever case.</param>
/// <param name="Status">How it must stand: passing, failing or degraded.</param>
public sealed record CheckFilter(int Page, int Limit, IReadOnlyList<string> Tags, string? CheckType, string? Search, string? Status)
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 10;
    private const string Passing = "passing";
    private const string Failing = "failing";
    private const string Degraded = "degraded";

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static CheckFilter Read(HttpRequest request) => new(
        Math.Max(1, Inputs.Int(request, "page", 0, int.MaxValue, 1)),
        Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit),
        QueryArrays.Read(request.Query, "tag"),
        QueryValues.Word(request, "checkType", CheckTypes.Known),
        request.Query["search"].ToString() is { Length: > 0 } search ? search : null,
        QueryValues.Word(request, "status", [Passing, Failing, Degraded]));

    /// <summary>Whether a check is meant.</summary>
    /// <param name="check">The check.</param>
    /// <param name="standing">How it stands; null when no run of it counts, and when <see cref="Status"/> does not ask.</param>
    public bool Matches(Check check, CheckStanding? standing) =>
        Tags.All(check.Tags.Contains)
        && (CheckType is null || check.CheckType == CheckType)
        && (Search is null || check.Name.Contains(Search, StringComparison.OrdinalIgnoreCase))
        && (Status is null || (standing is not null && WordOf(standing) == Status));

    /// <summary>As the vendor's client reads a status (wire.md 3.9).</summary>
    private static string WordOf(CheckStanding standing) => standing switch
    {
        { HasFailures: true } or { HasErrors: true } => Failing,
        { IsDegraded: true } => Degraded,
        _ => Passing,
    };
}
