using System.IO.Pipelines;
using Ledger.Projections.Cancellations;

namespace Ledger.Http.Audit;

/// <summary>One way to write requests to cancel, line by line.</summary>
public abstract class CancelFormat
{
    /// <summary>The content type of the answer.</summary>
    public abstract string FullContentType { get; }

    /// <summary>The name of the file that a browser makes of it.</summary>
    public abstract string FileName { get; }

    /// <summary>Writes what stands before the first line.</summary>
    public abstract void WriteHeader(PipeWriter output);

    /// <summary>Writes a request, in one piece or, where it has many runs, in several.</summary>
    public abstract IEnumerable<Action<PipeWriter>> LinesOf(CancelEntry entry);
}

/// <summary>
/// Writes all requests that a query lets through, page by page, as fast as the client reads: memory stays bounded, and neither a
/// connection nor a snapshot of the database is held while the client is slow. An outage in the middle breaks the answer off, so that half
/// of it never looks like the whole.
/// </summary>
public sealed class CancelExport(CancelsQuery query, CancelsReader cancels, CancelFormat format) : IResult
{
    private const int FlushAfter = 16 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, gone) = (httpContext.Response, httpContext.RequestAborted);
        var output = response.BodyWriter;
        var pages = query with { Limit = CancelsQuery.MaximumLimit };
        for (var isFirst = true; ; isFirst = false)
        {
            var page = await Database.RunAsync(() => cancels.ListAsync(pages, gone));
            if (isFirst)
            {
                response.ContentType = format.FullContentType;
                response.Headers.ContentDisposition = $"attachment; filename=\"{format.FileName}\"";
                format.WriteHeader(output);
            }

            foreach (var write in page.Entries.SelectMany(format.LinesOf))
            {
                write(output);
                if (output.UnflushedBytes >= FlushAfter)
                {
                    await output.FlushAsync(gone);
                }
            }

            await output.FlushAsync(gone);
            gone.ThrowIfCancellationRequested();
            if (page.Next is null)
            {
                return;
            }

            pages = pages with { After = page.Next };
        }
    }
}
