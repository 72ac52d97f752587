using System.Collections.Frozen;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Projections.Cancellations;
using Ledger.Sessions.Events;

namespace Ledger.Http.Audit;

/// <summary>
/// A line for each run that a request asked for, targeted or skipped, with the request's own columns on each; one line for a request that
/// asked for none. RFC 4180, in UTF-8, with a header.
/// </summary>
public sealed class CsvExport : CancelFormat
{
    public const string ContentType = "text/csv";

    private static readonly (string Name, Func<Line, string?> Value)[] Columns =
    [
        ("cancelId", line => line.Cancel.CancelId.ToString()),
        ("sessionId", line => line.Cancel.SessionId.ToString()),
        ("sessionKind", line => Word(line.Cancel.SessionKind)),
        ("sessionName", line => CsvText.Harmless(line.Cancel.SessionName)),
        ("project", line => CsvText.Harmless(line.Cancel.Project)),
        ("actorKind", line => Word(line.Cancel.Actor.Kind)),
        ("actorId", line => CsvText.Harmless(line.Cancel.Actor.Id)),
        ("actorName", line => CsvText.Harmless(line.Cancel.Actor.Name)),
        ("via", line => Word(line.Cancel.Via)),
        ("cause", line => Word(line.Cancel.Cause)),
        ("reason", line => CsvText.Harmless(line.Cancel.Reason)),
        ("forced", line => Word(line.Cancel.Forced)),
        ("escalatedAt", line => Time(line.Cancel.Escalation?.At)),
        ("escalatedBy", line => CsvText.Harmless(line.Cancel.Escalation?.Actor.Id)),
        ("supersededBy", line => line.Cancel.SupersededBy?.ToString()),
        ("origin", line => line.Cancel.Origin is { } origin ? JsonSerializer.Serialize(origin, Json.Options) : null),
        ("requestedAt", line => Time(line.Cancel.RequestedAt)),
        ("settledAt", line => Time(line.Cancel.SettledAt)),
        ("outcome", line => Word(line.Cancel.Outcome)),
        ("sequenceId", line => (line.Run?.SequenceId ?? line.Skipped?.SequenceId)?.ToString()),
        ("skipped", line => line.Skipped is { } skipped ? Word(skipped.Why) : null),
        ("checkId", line => line.Run?.CheckId?.ToString()),
        ("checkType", line => CsvText.Harmless(line.Run?.CheckType)),
        ("runName", line => CsvText.Harmless(line.Run?.Name)),
        ("location", line => CsvText.Harmless(line.Run?.Location)),
        ("runState", line => line.Run is { } run ? Word(run.State) : null),
        ("runOutcome", line => line.Run is { } run ? Word(run.Outcome) : null),
        ("startedAt", line => Time(line.Run?.StartedAt)),
        ("deliveredAt", line => Time(line.Run?.DeliveredAt)),
        ("channel", line => line.Run?.Channel is { } channel ? Word(channel) : null),
        ("acknowledgedAt", line => Time(line.Run?.AcknowledgedAt)),
        ("stoppedAt", line => Time(line.Run?.StoppedAt)),
        ("runSettledAt", line => Time(line.Run?.SettledAt)),
        ("runForced", line => line.Run is { } run ? Word(run.Forced) : null),
        ("how", line => line.Run?.How is { } how ? Word(how) : null),
        ("exitCode", line => Number(line.Run?.ExitCode)),
        ("signal", line => CsvText.Harmless(line.Run?.Signal)),
        ("durationMs", line => Number(line.Run?.DurationMs)),
        ("processesLeft", line => Number(line.Run?.Evidence?.ProcessesLeft)),
        ("runnerTimeFreedMs", line => Number(line.Run?.RunnerTimeFreedMs)),
    ];

    private readonly StringBuilder text = new();

    public override string FullContentType => "text/csv; charset=utf-8; header=present";

    public override string FileName => "cancels.csv";

    public override void WriteHeader(PipeWriter output) => Write(output, Columns.Select(column => column.Name));

    public override IEnumerable<Action<PipeWriter>> LinesOf(CancelEntry entry)
    {
        var lines = entry.Runs.Select(run => new Line(entry, run, null))
            .Concat(entry.Skipped.Select(skipped => new Line(entry, null, skipped)))
            .DefaultIfEmpty(new Line(entry, null, null));
        return lines.Select<Line, Action<PipeWriter>>(line => output => Write(output, Columns.Select(column => column.Value(line))));
    }

    private static string Word<T>(T value)
        where T : struct, Enum => Words<T>.ByValue[value];

    private static string Word(bool value) => value ? "true" : "false";

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString(UtcTimeConverter.Format, CultureInfo.InvariantCulture);

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private void Write(PipeWriter output, IEnumerable<string?> fields)
    {
        text.Clear();
        foreach (var field in fields)
        {
            CsvText.Append(text, field ?? "").Append(',');
        }

        text.Length--;
        text.Append("\r\n");
        foreach (var chunk in text.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, output);
        }
    }

    /// <summary>The same words as in JSON.</summary>
    private static class Words<T>
        where T : struct, Enum
    {
        public static FrozenDictionary<T, string> ByValue { get; } = Enum.GetValues<T>()
            .ToFrozenDictionary(value => value, value => JsonSerializer.SerializeToElement(value, Json.Options).GetString()!);
    }

    private sealed record Line(CancelEntry Cancel, CancelledRun? Run, SkippedRun? Skipped);
}
