using System.Buffers.Text;
using System.Text;
using Marten.Linq.MatchesSql;

namespace Ledger.Http.Requests;

/// <summary>One page of a list of the native interface.</summary>
/// <param name="Entries">Newest first, or by name.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Entries, string? NextCursor);

/// <summary>A list of the native interface that has no pages.</summary>
public sealed record EntryList<T>(IReadOnlyList<T> Entries);

/// <summary>The place after one entry of a list that is ordered by name.</summary>
/// <param name="Id">It decides between equal names.</param>
public readonly record struct NamePlace(string Name, Guid Id)
{
    private const int Digits = 32;

    /// <summary>Before everything.</summary>
    public static NamePlace First { get; } = new("", Guid.Empty);

    /// <summary>As opaque text.</summary>
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Id:N}{Name}"));

    /// <summary>Reads such a text; null when it is none.</summary>
    public static NamePlace? Parse(string text)
    {
        if (text.Length > 8 * Limits.Name || !Base64Url.IsValid(text))
        {
            return null;
        }

        var place = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        return place.Length > Digits && Guid.TryParseExact(place[..Digits], "N", out var id) && !place.Contains('\0', StringComparison.Ordinal)
            ? new NamePlace(place[Digits..], id)
            : null;
    }
}

/// <summary>Lists of documents that have a name, such as checks and keys. A page ends early when its entries are large.</summary>
public static class NamedDocuments
{
    // As many as lists had before they had pages, so that few callers ever need a second one.
    private const int MostEntries = 1_000;

    // What is read at a time, since the size of a document is known once it was read.
    private const int Step = 50;
    private const long MostBytes = 4 * 1024 * 1024;

    /// <summary>The page that a request asks for by <c>limit</c> and <c>cursor</c>.</summary>
    /// <param name="placeOf">The name and the id of a document.</param>
    /// <param name="show">A document as it is shown.</param>
    /// <param name="bytesOf">About how large it is then; null where none is large.</param>
    public static async Task<Page<TEntry>> PageAsync<T, TEntry>(
        this IQueryable<T> documents,
        HttpRequest request,
        Func<T, NamePlace> placeOf,
        Func<T, TEntry> show,
        CancellationToken cancellation,
        Func<T, long>? bytesOf = null)
        where T : notnull
    {
        request.RejectUnknown();
        var limit = request.Limit(MostEntries, MostEntries);
        var place = request.PlaceByName();
        var (entries, bytes) = (new List<TEntry>(), 0L);
        while (true)
        {
            var (name, id) = place;
            var wanted = Math.Min(Step, limit - entries.Count);
            var read = await documents.Where(document => document.MatchesSql("(d.data ->> 'name', d.id) > (?, ?)", name, id))
                .OrderBySql("d.data ->> 'name', d.id").Take(wanted + 1).ToListAsync(cancellation);
            var taken = 0;
            for (; taken < Math.Min(read.Count, wanted) && bytes < MostBytes; taken++)
            {
                entries.Add(show(read[taken]));
                bytes += bytesOf?.Invoke(read[taken]) ?? 0;
                place = placeOf(read[taken]);
            }

            if (taken == read.Count)
            {
                return new(entries, NextCursor: null);
            }

            if (entries.Count == limit || bytes >= MostBytes)
            {
                return new(entries, place.ToString());
            }
        }
    }
}
