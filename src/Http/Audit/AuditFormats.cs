using Microsoft.Net.Http.Headers;

namespace Ledger.Http.Audit;

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
    private static readonly string[] Offered = ["application/json", CsvExport.ContentType, NdjsonExport.ContentType];

    /// <summary>
    /// The format of the highest quality; of several, the one that is named most precisely, then first. JSON where the header is absent,
    /// cannot be read, or accepts none of them: an answer in a format that was not asked for is better than none.
    /// </summary>
    public static AuditFormat Asked(HttpRequest request)
    {
        // By quality, then by how precise they are; of one type the most precise range alone decides.
        var ranges = request.GetTypedHeaders().Accept.OrderByDescending(range => range, MediaTypeHeaderValueComparer.QualityComparer).ToList();
        return ranges
            .Where(range => range.Quality is not 0)
            .SelectMany(range => Offered.Where(type => range.MatchesMediaType(type) && ReferenceEquals(range, Deciding(ranges, type))))
            .Select(type => (AuditFormat)Array.IndexOf(Offered, type))
            .FirstOrDefault();
    }

    private static MediaTypeHeaderValue Deciding(IEnumerable<MediaTypeHeaderValue> ranges, string type) => ranges
        .Where(range => range.MatchesMediaType(type))
        .MinBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)!;
}
