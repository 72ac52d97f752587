using Ledger.Projections.Alerts;
using Ledger.Projections.Cancellations;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Metrics;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.RunDays;
using Ledger.Projections.SessionList;
using Marten;

namespace Ledger.Projections;

/// <summary>What Marten's daemon keeps for the ledger.</summary>
public static class LedgerProjections
{
    /// <summary>The read models.</summary>
    public static IReadOnlyList<Projection> Models =>
    [
        new OpenRunsProjection(),
        new SessionListProjection(),
        new CheckResultsProjection(),
        new CheckStatusProjection(),
        new AlertsProjection(),
        new CheckMetricsProjection(),
        new CancellationsProjection(),
        new RunDaysProjection(),
    ];

    /// <summary>Adds them to the store.</summary>
    /// <param name="options">The store's options, as <see cref="LedgerStore"/> makes them.</param>
    /// <param name="models">The read models.</param>
    /// <param name="reactions">What is done because of what happened.</param>
    public static void AddReadModels(this StoreOptions options, ReadModelShard models, params IEnumerable<Reaction> reactions)
    {
        options.Projections.Subscribe(models);
        foreach (var reaction in reactions)
        {
            options.Projections.Subscribe(reaction);
        }

        // A crash of the server leaves a gap in the sequence, which nobody will fill: it holds everything up for this long.
        options.Projections.StaleSequenceThreshold = TimeSpan.FromSeconds(2);
        options.Projections.SlowPollingTime = TimeSpan.FromMilliseconds(500);
        options.Projections.FastPollingTime = TimeSpan.FromMilliseconds(100);

        // A crash of the database may leave the detection of the last safe event running without coming any further.
        options.Projections.HealthCheckPollingTime = TimeSpan.FromSeconds(2);
        options.Projections.HighWaterStalenessThreshold = TimeSpan.FromSeconds(10);
        options.Projections.HighWaterProgressStallThreshold = TimeSpan.FromSeconds(10);
    }
}
