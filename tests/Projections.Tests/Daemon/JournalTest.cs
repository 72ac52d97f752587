using Ledger.Projections.Tests.Support;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>Tests of the daemon by means of the <see cref="Journal"/>, which shows every event that was counted twice or not at all.</summary>
public abstract class JournalTest : LedgerTest
{
    private protected async Task<ReadModelHost> StartJournalsAsync(string owner, params Journal[] journals)
    {
        await using var command = DataSource.CreateCommand(Journal.Table);
        await command.ExecuteNonQueryAsync();
        return await StartDaemonAsync(owner, batchSize: 10, [.. journals]);
    }

    protected async Task TriggerManyAsync(int count)
    {
        for (var n = 0; n < count; n++)
        {
            await TriggerAsync(Some.Session(Account));
        }
    }

    protected Task<long[]> WrittenAsync(string journal) => ScalarAsync<long[]>(
        $"select coalesce(array_agg(position order by position), '{{}}') from ledger.journal where projection = '{journal}'");

    protected static IEnumerable<long> Through(long last) => Enumerable.Range(1, (int)last).Select(position => (long)position);
}
