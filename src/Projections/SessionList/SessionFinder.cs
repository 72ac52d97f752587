namespace Ledger.Projections.SessionList;

/// <summary>
/// Answers: which session belongs to an id that some interface showed? A session's own, or that of a run, a result, a cancel, a batch or a
/// suite.
/// </summary>
public sealed class SessionFinder(NpgsqlDataSource dataSource)
{
    private const int Most = 50;

    /// <summary>The sessions, newest first; those of a batch or a suite are several.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="ids">The id, and those that it may have been made of.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<Guid>> FindAsync(Guid accountId, IReadOnlyList<Guid> ids, CancellationToken cancellation = default) =>
        await dataSource.QueryAsync(
            $"""
            select session_id from ledger.session_list where account_id = $1 and session_id = any($2)
            union select session_id from ledger.open_runs where account_id = $1 and sequence_id = any($2)
            union select session_id from ledger.cancels where account_id = $1 and cancel_id = any($2)
            union select session_id from ledger.check_results where account_id = $1 and coalesce(report_id, sequence_id) = any($2)
            union select session_id from ledger.session_list where account_id = $1 and metadata ->> 'batchId' = any($3)
            union select session_id from ledger.session_list where account_id = $1 and metadata ->> 'checkRunSuiteId' = any($3)
            order by 1 desc limit {Most}
            """,
            [accountId, ids.ToArray(), ids.Select(id => id.ToString()).ToArray()],
            row => row.GetGuid(0),
            cancellation);
}
