using Ledger.Projections.Daemon;
using Ledger.Projections.SessionList;
using Ledger.Store;

namespace Ledger.Http.Checkly.Live;

/// <summary>Finds the sessions that a suite has already.</summary>
public sealed class SuiteSearch(SessionListReader sessions, ReadModelProgress projections, TimeProvider clock)
{
    // Clients may subscribe as often as they like, and after a restart all of them do at once: the database is for others too.
    private const int AtOnce = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turns = new(AtOnce);

    /// <summary>
    /// Every session of the suite that was durable when this was called, the newest <see cref="Suite.MaximumSessions"/> of them. Goes on
    /// trying until the list has caught up with the log, through outages of the database too: what was not found would be missed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Nobody wants to know any more.</exception>
    public async Task<IReadOnlyList<StreamId>> FindAsync(SuiteKey suite, CancellationToken cancellation)
    {
        var query = new SessionListQuery(suite.AccountId)
        {
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [SuiteMetadata.CheckRunSuiteId] = suite.SuiteId.ToString() },
            Limit = Suite.MaximumSessions,
        };
        await turns.WaitAsync(cancellation);
        try
        {
            return await FindAsync(query, cancellation);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<IReadOnlyList<StreamId>> FindAsync(SessionListQuery query, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                if (await projections.WaitForHeadAsync(SessionListReader.ProjectionName, Patience, cancellation))
                {
                    var page = await Database.RunAsync(() => sessions.FindAsync(query, cancellation));
                    return [.. page.Sessions.Select(session => new StreamId(query.AccountId, session.SessionId))];
                }
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Pause, clock, cancellation);
            }
        }
    }
}
