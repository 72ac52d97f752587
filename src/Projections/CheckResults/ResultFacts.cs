using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.CheckResults;

/// <summary>The results as projections that are derived from them read them: in the order of the events that brought them.</summary>
internal static class ResultFacts
{
    private const string Sql = """
        select position, account_id, session_id, sequence_id, check_id, report_id, check_type, location, name, outcome,
          has_failures, has_errors, is_degraded, is_cancelled, cancel_id, cause, attempt, started_at, response_time, created_at
        from check_results where position > $1 and position <= $2 order by position
        """;

    /// <summary>The results that events above a position and up to another one brought. The projection's connection says where from.</summary>
    public static async Task<IReadOnlyList<ResultFact>> ReadAsync(
        NpgsqlConnection connection, long after, long through, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = through });
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var facts = new List<ResultFact>();
        while (await reader.ReadAsync(cancellation))
        {
            facts.Add(new ResultFact(
                reader.GetInt64(0),
                new RunKey(reader.GetGuid(1), reader.GetGuid(2), reader.GetGuid(3)),
                reader.GetGuid(4),
                reader.GetString(6),
                reader.GetString(7),
                reader.GetString(8),
                reader.GetFieldValue<DateTimeOffset>(19))
            {
                ReportId = reader.GetFieldValue<Guid?>(5),
                Outcome = reader.GetStringOrNull(9) is { } outcome ? Words<RunState>.Read(outcome) : null,
                HasFailures = reader.GetBoolean(10),
                HasErrors = reader.GetBoolean(11),
                IsDegraded = reader.GetBoolean(12),
                IsCancelled = reader.GetBoolean(13),
                CancelId = reader.GetFieldValue<Guid?>(14),
                Cause = reader.GetStringOrNull(15) is { } cause ? Words<CancelCause>.Read(cause) : null,
                Attempt = reader.GetInt32(16),
                StartedAt = reader.GetFieldValue<DateTimeOffset?>(17),
                ResponseTime = reader.GetFieldValue<long?>(18),
            });
        }

        return facts;
    }
}

/// <summary>A result of a check: a failed try, or a settled run of a check session.</summary>
/// <param name="Position">The event that brought it.</param>
/// <param name="Run">Its run.</param>
/// <param name="CheckId">The check; the nil uuid for a run of none.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Location">Where it ran.</param>
/// <param name="Name">What the session calls it.</param>
/// <param name="CreatedAt">When the ledger learnt of it.</param>
internal sealed record ResultFact(
    long Position, RunKey Run, Guid CheckId, string CheckType, string Location, string Name, DateTimeOffset CreatedAt)
{
    /// <summary>The report that brought it; null where no report settled the run.</summary>
    public Guid? ReportId { get; init; }

    /// <summary>How the run ended: a terminal state; null for a failed try.</summary>
    public RunState? Outcome { get; init; }

    /// <summary>Whether it failed; false for a cancelled run, as the next two.</summary>
    public bool HasFailures { get; init; }

    /// <summary>Whether it could not be executed properly, was lost or timed out.</summary>
    public bool HasErrors { get; init; }

    /// <summary>Whether it was slower than it should be.</summary>
    public bool IsDegraded { get; init; }

    /// <summary>Whether it was cancelled.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>By which cancel; null where it was none.</summary>
    public Guid? CancelId { get; init; }

    /// <summary>Why it was cancelled.</summary>
    public CancelCause? Cause { get; init; }

    /// <summary>Which try it was, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>When execution began; null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }

    /// <summary>Whether it settled its run.</summary>
    public bool IsFinal => Outcome is not null;

    /// <summary>Whether it is one of a registered check.</summary>
    public bool HasCheck => CheckId != Guid.Empty;
}
