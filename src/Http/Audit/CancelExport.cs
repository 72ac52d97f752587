using System.Buffers;
using CsvHelper;
using Ledger.Projections.Cancellations;

namespace Ledger.Http.Audit;

/// <summary>
/// Writes all requests that a query lets through, page by page, as fast as the client reads: memory stays bounded, and neither a
/// connection nor a snapshot of the database is held while the client is slow. An outage in the middle breaks the answer off, so that half
/// of it never looks like the whole.
/// </summary>
public sealed class CancelExport(CancelsQuery query, CancelsReader cancels, CancelFormat format) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, gone) = (httpContext.Response, httpContext.RequestAborted);
        var pages = query with { Limit = CancelsQuery.MaximumLimit };
        var page = await cancels.ListAsync(pages, gone);
        response.ContentType = format.FullContentType;
        response.Headers.ContentDisposition = $"attachment; filename=\"{format.FileName}\"";
        await using (format)
        {
            format.Begin(response);
            while (true)
            {
                foreach (var entry in page.Entries)
                {
                    await format.WriteAsync(entry, gone);
                }

                await format.FlushAsync(gone);
                gone.ThrowIfCancellationRequested();
                if (page.Next is null)
                {
                    return;
                }

                pages = pages with { After = page.Next };
                page = await cancels.ListAsync(pages, gone);
            }
        }
    }
}

/// <summary>One way to write requests to cancel, line by line.</summary>
public abstract class CancelFormat : IAsyncDisposable
{
    public abstract string FullContentType { get; }

    /// <summary>The name of the file that a browser makes of it.</summary>
    public abstract string FileName { get; }

    /// <summary>Writes what stands before the first line.</summary>
    public abstract void Begin(HttpResponse response);

    /// <summary>Writes a request, and sends what has gathered when that is much.</summary>
    public abstract ValueTask WriteAsync(CancelEntry entry, CancellationToken gone);

    public abstract ValueTask FlushAsync(CancellationToken gone);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A line of JSON for each request: the same entry as on a page.</summary>
public sealed class NdjsonExport : CancelFormat
{
    public const string ContentType = "application/x-ndjson";

    private const int FlushAfter = 16 * 1024;

    private HttpResponse? response;

    public override string FullContentType => ContentType;

    public override string FileName => "cancels.ndjson";

    public override void Begin(HttpResponse response) => this.response = response;

    public override async ValueTask WriteAsync(CancelEntry entry, CancellationToken gone)
    {
        var output = response!.BodyWriter;
        await using (var json = new Utf8JsonWriter(output))
        {
            JsonSerializer.Serialize(json, entry, Json.Options);
        }

        output.Write("\n"u8);
        if (output.UnflushedBytes >= FlushAfter)
        {
            await output.FlushAsync(gone);
        }
    }

    public override async ValueTask FlushAsync(CancellationToken gone) => await response!.BodyWriter.FlushAsync(gone);
}

/// <summary>
/// A line for each run that a request asked for, targeted or skipped, with the request's own columns on each; one line for a request that
/// asked for none. RFC 4180, in UTF-8, with a header. A text that a spreadsheet would take for a formula begins with an apostrophe.
/// </summary>
public sealed class CsvExport : CancelFormat
{
    public const string ContentType = "text/csv";

    private static readonly CsvWriterOptions Options = new()
    {
        Injection = CsvInjection.Escape,
        InjectionCharacters = "=+-@\t\r\n",
        BufferSize = 16 * 1024,
    };

    private static readonly (string Name, Action<CsvWriter, Line> Write)[] Columns =
    [
        ("cancelId", (csv, line) => csv.WriteField(line.Cancel.CancelId)),
        ("sessionId", (csv, line) => csv.WriteField(line.Cancel.SessionId)),
        ("sessionKind", (csv, line) => csv.WriteField(Word(line.Cancel.SessionKind))),
        ("sessionName", (csv, line) => csv.WriteField(line.Cancel.SessionName)),
        ("project", (csv, line) => csv.WriteField(line.Cancel.Project)),
        ("actorKind", (csv, line) => csv.WriteField(Word(line.Cancel.Actor.Kind))),
        ("actorId", (csv, line) => csv.WriteField(line.Cancel.Actor.Id)),
        ("actorName", (csv, line) => csv.WriteField(line.Cancel.Actor.Name)),
        ("via", (csv, line) => csv.WriteField(Word(line.Cancel.Via))),
        ("cause", (csv, line) => csv.WriteField(Word(line.Cancel.Cause))),
        ("reason", (csv, line) => csv.WriteField(line.Cancel.Reason)),
        ("forced", (csv, line) => csv.WriteField(Word(line.Cancel.Forced))),
        ("escalatedAt", (csv, line) => Time(csv, line.Cancel.Escalation?.At)),
        ("escalatedBy", (csv, line) => csv.WriteField(line.Cancel.Escalation?.Actor.Id)),
        ("supersededBy", (csv, line) => csv.WriteField(line.Cancel.SupersededBy)),
        ("origin", (csv, line) => csv.WriteField(line.Cancel.Origin is { } origin ? JsonSerializer.Serialize(origin, Json.Options) : null)),
        ("requestedAt", (csv, line) => Time(csv, line.Cancel.RequestedAt)),
        ("settledAt", (csv, line) => Time(csv, line.Cancel.SettledAt)),
        ("outcome", (csv, line) => csv.WriteField(Word(line.Cancel.Outcome))),
        ("sequenceId", (csv, line) => csv.WriteField(line.Run?.SequenceId ?? line.Skipped?.SequenceId)),
        ("skipped", (csv, line) => csv.WriteField(Word(line.Skipped?.Why))),
        ("checkId", (csv, line) => csv.WriteField(line.Run?.CheckId)),
        ("checkType", (csv, line) => csv.WriteField(line.Run?.CheckType)),
        ("runName", (csv, line) => csv.WriteField(line.Run?.Name)),
        ("location", (csv, line) => csv.WriteField(line.Run?.Location)),
        ("runState", (csv, line) => csv.WriteField(Word(line.Run?.State))),
        ("runOutcome", (csv, line) => csv.WriteField(Word(line.Run?.Outcome))),
        ("startedAt", (csv, line) => Time(csv, line.Run?.StartedAt)),
        ("deliveredAt", (csv, line) => Time(csv, line.Run?.DeliveredAt)),
        ("channel", (csv, line) => csv.WriteField(Word(line.Run?.Channel))),
        ("acknowledgedAt", (csv, line) => Time(csv, line.Run?.AcknowledgedAt)),
        ("stoppedAt", (csv, line) => Time(csv, line.Run?.StoppedAt)),
        ("runSettledAt", (csv, line) => Time(csv, line.Run?.SettledAt)),
        ("runForced", (csv, line) => csv.WriteField(Word(line.Run?.Forced))),
        ("how", (csv, line) => csv.WriteField(Word(line.Run?.How))),
        ("exitCode", (csv, line) => csv.WriteField(line.Run?.ExitCode)),
        ("signal", (csv, line) => csv.WriteField(line.Run?.Signal)),
        ("durationMs", (csv, line) => csv.WriteField(line.Run?.DurationMs)),
        ("processesLeft", (csv, line) => csv.WriteField(line.Run?.Evidence?.ProcessesLeft)),
        ("runnerTimeFreedMs", (csv, line) => csv.WriteField(line.Run?.RunnerTimeFreedMs)),
    ];

    private CsvWriter? csv;

    public override string FullContentType => "text/csv; charset=utf-8; header=present";

    public override string FileName => "cancels.csv";

    public override void Begin(HttpResponse response)
    {
        csv = CsvWriter.Create(response.Body, Options, leaveOpen: true);
        csv.WriteHeader([.. Columns.Select(column => column.Name)]);
    }

    public override async ValueTask WriteAsync(CancelEntry entry, CancellationToken gone)
    {
        var lines = entry.Runs.Select(run => new Line(entry, run, null))
            .Concat(entry.Skipped.Select(skipped => new Line(entry, null, skipped)))
            .DefaultIfEmpty(new Line(entry, null, null));
        foreach (var line in lines)
        {
            foreach (var column in Columns)
            {
                column.Write(csv!, line);
            }

            await csv!.EndRecordAsync(gone);
        }
    }

    public override async ValueTask FlushAsync(CancellationToken gone) => await csv!.FlushAsync(gone);

    public override ValueTask DisposeAsync() => csv?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string Word<T>(T value)
        where T : struct, Enum => Words<T>.Of(value);

    private static string? Word<T>(T? value)
        where T : struct, Enum => Words<T>.OrNull(value);

    private static string? Word(bool? value) => value switch { true => "true", false => "false", null => null };

    private static void Time(CsvWriter csv, DateTimeOffset? time) => csv.WriteField(time?.UtcDateTime, UtcTimeConverter.Format);

    private sealed record Line(CancelEntry Cancel, CancelledRun? Run, SkippedRun? Skipped);
}
