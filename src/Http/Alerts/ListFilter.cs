using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections;

namespace Ledger.Http.Alerts;

/// <summary>What the lists of alerts and of incidents read alike from their query. Unknown parameters are refused.</summary>
public sealed class ListFilter
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    private static readonly string[] Common = ["checkId", "limit", "cursor", Freshness.After];

    /// <summary>Reads it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="further">The parameters that the list has of its own.</param>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public ListFilter(HttpRequest request, params string[] further)
    {
        if (request.Query.Keys.FirstOrDefault(name => !Common.Contains(name) && !further.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"There is no parameter '{unknown}'.");
        }

        CheckId = request.Query["checkId"].ToString() is { Length: > 0 } checkId ? Inputs.Uuid("checkId", checkId) : null;
        Limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit);
        After = request.Query["cursor"].ToString() is { Length: > 0 } cursor
            ? TimeCursor.Parse(cursor) ?? throw RequestRejected.BadRequest("'cursor' must be the nextCursor of a list.")
            : null;
    }

    /// <summary>Only this check; null for all.</summary>
    public Guid? CheckId { get; }

    /// <summary>How many at most.</summary>
    public int Limit { get; }

    /// <summary>The place after which the page begins; null for the first one.</summary>
    public TimeCursor? After { get; }
}
