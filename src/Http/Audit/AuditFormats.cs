using Microsoft.Net.Http.Headers;

namespace Ledger.Http.Audit;

/// <summary>How the audit is written.</summary>
public enum AuditFormat
{
    /// <summary>A page of JSON.</summary>
    Json,

    /// <summary>All of it, a line per run.</summary>
    Csv,

    /// <summary>All of it, a line of JSON per request.</summary>
    Ndjson,
}

/// <summary>Chooses the format by the header <c>Accept</c> (RFC 9110, 12.5.1).</summary>
public static class AuditFormats
{
    private static readonly (AuditFormat Format, string Type)[] Offered =
    [
        (AuditFormat.Json, "application/json"),
        (AuditFormat.Csv, CsvExport.ContentType),
        (AuditFormat.Ndjson, NdjsonExport.ContentType),
    ];

    /// <summary>
    /// The format of the highest quality; of several, the one that is named most precisely, then first. JSON where the header is absent,
    /// cannot be read, or accepts none of them: an answer in a format that was not asked for is better than none.
    /// </summary>
    public static AuditFormat Asked(HttpRequest request)
    {
        var ranges = request.GetTypedHeaders().Accept;
        return Offered
            .Select(offered => (offered.Format, Best: RangeOf(ranges, offered.Type)))
            .Where(choice => choice.Best is { Quality: > 0 })
            .OrderByDescending(choice => choice.Best!.Value.Quality)
            .ThenByDescending(choice => choice.Best!.Value.Precision)
            .ThenBy(choice => choice.Best!.Value.Place)
            .Select(choice => choice.Format)
            .FirstOrDefault();
    }

    /// <summary>The most precise range that a type is in: it alone decides the type's quality.</summary>
    private static (double Quality, int Precision, int Place)? RangeOf(IList<MediaTypeHeaderValue> ranges, string type) => ranges
        .Select((range, place) => (Range: range, Place: place))
        .Where(each => each.Range.MatchesMediaType(type))
        .Select(each => ((double Quality, int Precision, int Place)?)(
            each.Range.Quality ?? 1,
            each.Range.MatchesAllTypes ? 0 : each.Range.MatchesAllSubTypes ? 1 : 2,
            each.Place))
        .MaxBy(each => each!.Value.Precision);
}
