using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// Who asked to cancel what, and what came of it? Rows for the audit and numbers for the report, from the events of cancels; and the usual
/// durations of checks, from their results. A batch with neither costs nothing; results alone cost one read and one write.
/// </summary>
internal sealed class CancellationsProjection() : Projection(CancelsReader.ProjectionName)
{
    internal override IReadOnlyCollection<Type> Handles { get; } =
    [
        typeof(CancelRequested), typeof(CancelRefused), typeof(CancelDelivered), typeof(CancelAcknowledged), .. EventTypes.That<ISettlesRun>(),
    ];

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var fold = new CancelFold();
        var facts = await LoadAsync(connection, events, fold, cancellation);
        foreach (var recorded in events)
        {
            if (ResultFact.Of(recorded) is { } result && Counts(result))
            {
                fold.Add(new CheckPlace(result.Run.AccountId, result.CheckId, result.Location), result.ResponseTime!.Value);
            }

            fold.Apply(recorded, facts.GetValueOrDefault(recorded.Position));
        }

        if (fold.Spans.Count > 0)
        {
            await CancelSpansTable.MergeAsync(connection, fold.Spans, cancellation);
        }

        return [.. Save(fold)];
    }

    /// <summary>A result that says how long a run of a check takes: settled and counted in its metrics (docs/domain.md#rule-7).</summary>
    internal static bool Counts(ResultFact result) => result is
    {
        HasCheck: true,
        ResponseTime: not null,
        Outcome: RunState.Passed or RunState.Failed or RunState.Degraded,
    };

    private static async Task<IReadOnlyDictionary<long, SessionFacts>> LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancelFold fold, CancellationToken cancellation)
    {
        var runs = events.SelectMany(RunsOf).Distinct().ToList();
        if (runs.Count == 0 && !events.Any(recorded => recorded.Data is CancelRefused))
        {
            return new Dictionary<long, SessionFacts>();
        }

        await LoadRowsAsync(connection, [.. events.SelectMany(CancelsOf).Distinct()], runs, fold, cancellation);
        var requests = events
            .Where(recorded => CancelsOf(recorded).Any(key => fold.Cancels.Find(key) is null))
            .Select(recorded => (recorded.Position, recorded.Stream, TargetsOf(recorded.Data)))
            .ToList();
        var facts = requests.Count == 0
            ? new Dictionary<long, SessionFacts>()
            : await SessionFactsReader.ReadAsync(connection, requests, cancellation);
        var places = PlacesOf(runs, fold)
            .Concat(requests.SelectMany(request => facts.GetValueOrDefault(request.Position)?.Runs.Values
                .Select(plan => Place(request.Stream.AccountId, plan)) ?? []))
            .Where(place => place.CheckId != Guid.Empty)
            .Distinct()
            .ToList();
        if (places.Count > 0)
        {
            await UsualDurationsTable.LoadAsync(connection, places, fold, cancellation);
        }

        return facts;
    }

    private static async Task LoadRowsAsync(
        NpgsqlConnection connection,
        IReadOnlyList<CancelKey> cancels,
        IReadOnlyList<RunKey> runs,
        CancelFold fold,
        CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { CancelRunsTable.Load(runs) } };
        if (cancels.Count > 0)
        {
            batch.BatchCommands.Add(CancelsTable.Load(cancels));
        }

        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            CancelRunsTable.Read(reader, fold);
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            fold.Cancels.Load(new CancelKey(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2)), CancelsTable.Read(reader, 3));
        }
    }

    private static IEnumerable<NpgsqlBatchCommand> Save(CancelFold fold)
    {
        return new[]
        {
            Statement(fold.Cancels.Added, CancelsTable.Insert),
            Statement(fold.Cancels.Changed, CancelsTable.Update),
            Statement(fold.Runs.Added, CancelRunsTable.Insert),
            Statement(fold.Runs.Changed, CancelRunsTable.Update),
            Statement(fold.NewResults, UsualDurationsTable.Add),
            Statement(fold.Counts, CancelCountsTable.Add),
            Statement(fold.Spans, CancelSpansTable.Upsert),
        }.OfType<NpgsqlBatchCommand>();

        static NpgsqlBatchCommand? Statement<T>(IEnumerable<T> rows, Func<IReadOnlyList<T>, NpgsqlBatchCommand> write) =>
            rows.ToList() is { Count: > 0 } some ? write(some) : null;
    }

    /// <summary>The runs that may be under a cancel which an event tells of, or settles.</summary>
    private static IEnumerable<RunKey> RunsOf(RecordedEvent recorded)
    {
        IReadOnlyList<Guid> runs = recorded.Data switch
        {
            CancelRequested e => e.Targets,
            ISettlesRun { Outcome: null } => [],
            IRunEvent e => [e.SequenceId],
            _ => [],
        };
        return runs.Select(run => new RunKey(recorded.Stream.AccountId, recorded.Stream.SessionId, run));
    }

    /// <summary>The request that an event makes, or escalates.</summary>
    private static IEnumerable<CancelKey> CancelsOf(RecordedEvent recorded) => recorded.Data switch
    {
        CancelRequested e => [new CancelKey(recorded.Stream.AccountId, recorded.Stream.SessionId, e.CancelId)],
        CancelRefused e => [new CancelKey(recorded.Stream.AccountId, recorded.Stream.SessionId, e.CancelId)],
        _ => [],
    };

    private static IReadOnlyList<Guid> TargetsOf(ISessionEvent data) => data is CancelRequested e ? e.Targets : [];

    private static IEnumerable<CheckPlace> PlacesOf(IEnumerable<RunKey> runs, CancelFold fold) => runs
        .Select(key => (key.AccountId, Run: fold.Runs.Find(key)))
        .Where(run => run.Run is not null)
        .Select(run => Place(run.AccountId, run.Run!.Plan));

    private static CheckPlace Place(Guid accountId, TargetedRun plan) => new(accountId, plan.CheckId ?? Guid.Empty, plan.Location);
}
