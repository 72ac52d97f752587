using System.Text.Json;
using Ledger.Streams;
using Ledger.TestCases;

namespace Ledger.Projections.SessionList;

/// <summary>A session as lists show it: its facts and counts, without its runs. Bounded, however large the session is.</summary>
public sealed record SessionSummary
{
    /// <summary>Its id.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>The tenant.</summary>
    public required Guid AccountId { get; init; }

    /// <summary>The position of its first event.</summary>
    public required long Number { get; init; }

    /// <summary>The version of its stream.</summary>
    public required long Version { get; init; }

    /// <summary>The position of its last event.</summary>
    public required long Position { get; init; }

    /// <summary>What is executed.</summary>
    public required SessionKind Kind { get; init; }

    /// <summary>The status that is derived from its runs.</summary>
    public required SessionStatus Status { get; init; }

    /// <summary>The project; null for the default one.</summary>
    public required string? Project { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What caused it.</summary>
    public required SessionSource Source { get; init; }

    /// <summary>Who triggered it.</summary>
    public required Actor Actor { get; init; }

    /// <summary>The concurrency group, or null.</summary>
    public required string? ConcurrencyGroup { get; init; }

    /// <summary>Facts about the trigger; what is large is left out (<see cref="ListedMetadata"/>).</summary>
    public required JsonElement? Metadata { get; init; }

    /// <summary>When it was triggered.</summary>
    public required DateTimeOffset TriggeredAt { get; init; }

    /// <summary>When the last run was settled; null while one is open.</summary>
    public required DateTimeOffset? SettledAt { get; init; }

    /// <summary>When a run was last claimed, begun or settled; null while none was.</summary>
    public required DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Where its first run is executed.</summary>
    public required string Location { get; init; }

    /// <summary>How many runs stand where.</summary>
    public required RunTally Runs { get; init; }

    /// <summary>Where the first runs of a test session stand; null in sessions of other kinds.</summary>
    public required FirstRuns? FirstRuns { get; init; }

    /// <summary>The run of a plain run; null in sessions of other kinds.</summary>
    public required RunSummary? Run { get; init; }

    /// <summary>The same of a session that was read from its stream, with all of its metadata.</summary>
    public static SessionSummary Of(SessionSnapshot snapshot)
    {
        var session = snapshot.Session;
        return new SessionSummary
        {
            SessionId = session.Id,
            AccountId = session.AccountId,
            Number = snapshot.FirstPosition,
            Version = snapshot.Version,
            Position = snapshot.LastPosition,
            Kind = session.Kind,
            Status = session.Status,
            Project = session.Project,
            Name = session.Name,
            Source = session.Source,
            Actor = session.Actor,
            ConcurrencyGroup = session.ConcurrencyGroup,
            Metadata = session.Metadata,
            TriggeredAt = session.TriggeredAt,
            SettledAt = session.SettledAt,
            UpdatedAt = session.Runs.Max(run => run.SettledAt ?? run.StartedAt ?? run.ClaimedAt),
            Location = session.Runs[0].Plan.Location,
            Runs = session.Tally,
            FirstRuns = session.Kind is SessionKind.Test ? FirstRuns.Of(session.Runs.Select(run => (run.SequenceId, run.State))) : null,
            Run = session.Kind is SessionKind.Run ? RunSummary.Of(session.Runs[0]) : null,
        };
    }
}

/// <summary>Where the first runs of a session stand; of those beyond lists show no more than their number.</summary>
/// <param name="Ids">The sequence ids, in the order in which the runs were asked for.</param>
/// <param name="States">A letter for each: open, passed, failed or cancelled.</param>
public sealed record FirstRuns(IReadOnlyList<Guid> Ids, string States)
{
    /// <summary>How many.</summary>
    public const int Most = 100;

    /// <summary>Not settled.</summary>
    public const char Open = 'o';
    /// <summary>Passed, degraded or not.</summary>
    public const char Passed = 'p';
    /// <summary>Failed, timed out or lost.</summary>
    public const char Failed = 'f';
    /// <summary>Cancelled.</summary>
    public const char Cancelled = 'c';

    /// <summary>The first of these.</summary>
    public static FirstRuns Of(IEnumerable<(Guid SequenceId, RunState State)> runs)
    {
        var first = runs.Take(Most).ToList();
        return new FirstRuns(first.ConvertAll(run => run.SequenceId), string.Concat(first.Select(run => LetterOf(run.State))));
    }

    /// <summary>Those in a state.</summary>
    public IReadOnlyList<Guid> In(char letter) => [.. Ids.Where((_, at) => States[at] == letter)];

    internal FirstRuns With(Guid sequenceId, RunState state)
    {
        for (var at = 0; at < Ids.Count; at++)
        {
            if (Ids[at] == sequenceId)
            {
                return this with { States = $"{States.AsSpan(0, at)}{LetterOf(state)}{States.AsSpan(at + 1)}" };
            }
        }

        return this;
    }

    private static char LetterOf(RunState state) => state switch
    {
        RunState.Queued or RunState.Claimed or RunState.Running or RunState.Cancelling => Open,
        RunState.Passed or RunState.Degraded => Passed,
        RunState.Failed or RunState.TimedOut or RunState.Lost => Failed,
        RunState.Cancelled => Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A run state without a letter."),
    };
}

/// <summary>The run of a plain run, as far as lists show it.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="CheckId">The registered check, if there is one.</param>
public sealed record RunSummary(RunState State, Guid? CheckId)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new CamelCaseEnumConverter() } };

    /// <summary>When its execution began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How many tries failed.</summary>
    public int Attempts { get; init; }

    /// <summary>Its final report; null when there is none.</summary>
    public ResultSummary? Result { get; init; }

    /// <summary>The run of a session.</summary>
    public static RunSummary Of(Run run) => new(run.State, run.Plan.CheckId)
    {
        StartedAt = run.StartedAt,
        Attempts = run.Attempts.Count,
        Result = run.Final is { } final ? ResultSummary.Of(final) : null,
    };

    internal string ToJson() => JsonSerializer.Serialize(this, Options);
}

/// <summary>The final report about a plain run, as far as lists show it.</summary>
/// <param name="ResponseTime">In milliseconds.</param>
/// <param name="HasErrors">Whether the test could not be executed properly.</param>
/// <param name="TimedOut">Whether its details say that it took longer than it may.</param>
/// <param name="Message">What its details say of an error, the first characters of it.</param>
/// <param name="Tests">The tests in it.</param>
public sealed record ResultSummary(long? ResponseTime, bool HasErrors, bool TimedOut, string? Message, TestCounts Tests)
{
    private const int LongestMessage = 1_000;

    /// <summary>A final report.</summary>
    public static ResultSummary Of(ResultReported result)
    {
        var details = result.Details is { ValueKind: JsonValueKind.Object } members ? members : default(JsonElement?);
        return new ResultSummary(
            result.ResponseTime,
            result.HasErrors,
            details?.TryGetProperty("timedOut", out var timedOut) is true && timedOut.ValueKind is JsonValueKind.True,
            details?.TryGetProperty("message", out var message) is true && message.ValueKind is JsonValueKind.String
                ? Texts.Start(message.GetString()!, LongestMessage)
                : null,
            TestCounts.Of(TestCase.Of(details)));
    }
}

/// <summary>How many tests of a run ended how; interrupted ones count in the total alone.</summary>
/// <param name="Total">All of them.</param>
/// <param name="Passed">At the first try.</param>
/// <param name="Failed">Failed, or took longer than they may.</param>
/// <param name="Skipped">Never started.</param>
/// <param name="Flaky">Passed after a failed try.</param>
public sealed record TestCounts(int Total, int Passed, int Failed, int Skipped, int Flaky)
{
    /// <summary>No tests.</summary>
    public static TestCounts None { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Counts tests.</summary>
    public static TestCounts Of(IReadOnlyList<TestCase> tests) => new(
        tests.Count,
        tests.Count(test => test.Status is TestCaseStatus.Passed),
        tests.Count(test => test.Status is TestCaseStatus.Failed or TestCaseStatus.TimedOut),
        tests.Count(test => test.Status is TestCaseStatus.Skipped),
        tests.Count(test => test.Status is TestCaseStatus.Flaky));
}

/// <summary>
/// What lists know of a session's metadata: all of it up to <see cref="MostBytes"/>, and beyond that the smallest members, as many as there is
/// room for. The rest is read with the session.
/// </summary>
public static class ListedMetadata
{
    /// <summary>The most that the metadata of one session take in a list, in bytes of JSON.</summary>
    public const int MostBytes = 8 * 1024;

    internal static string? TextOf(JsonElement? metadata) =>
        (JsonSize.OfText(metadata) <= MostBytes ? metadata : JsonSize.SmallMembers(metadata!.Value, MostBytes))?.GetRawText();
}

/// <summary>What a text search of test sessions looks in, and how it is found by an index that every server has.</summary>
internal static class SearchText
{
    // So many characters of each text are looked in.
    private const int Longest = 4_000;

    // More of a search would find no less.
    private const int MostTrigrams = 32;

    /// <summary>Stands between two texts, so that nothing is found across them; in a text of its own it is never found.</summary>
    public const char Separator = '\u0001';

    /// <summary>All that is looked in, in lower case by the invariant rules of Unicode, so that it is found alike on every server.</summary>
    public static string Of(string name, TriggerMetadata metadata)
    {
        string?[] parts = [name, metadata.Branch, metadata.CommitId, metadata.CommitMessage, metadata.CommitOwner];
        return string.Join(Separator, parts.OfType<string>().Select(part => Texts.Start(part, Longest)))
            .Replace('\0', Separator)
            .ToLowerInvariant();
    }

    /// <summary>Every run of three characters, each as a number.</summary>
    public static IEnumerable<int> TrigramsOf(string text) =>
        Enumerable.Range(0, Math.Max(0, text.Length - 2)).Select(at => Hash(text[at], text[at + 1], text[at + 2])).Distinct().Order();

    public static int[] TrigramsFor(string search) => [.. TrigramsOf(search).Take(MostTrigrams)];

    private static int Hash(char first, char second, char third) =>
        unchecked((int)((((first * 0x9E3779B1u) ^ second) * 0x85EBCA6Bu) ^ third));
}

internal static class Texts
{
    /// <summary>The first characters of a text, without half of a pair at its end.</summary>
    public static string Start(string text, int length) => text.Length <= length
        ? text
        : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
