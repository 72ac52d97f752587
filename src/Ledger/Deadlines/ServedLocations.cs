using System.Collections.Concurrent;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Deadlines;

/// <summary>Which locations runners serve: those at which one has asked for runs lately, on any host.</summary>
/// <param name="dataSource">The database.</param>
/// <param name="dueTimes">By which clock.</param>
/// <param name="clock">Paces the writes.</param>
public sealed class ServedLocations(NpgsqlDataSource dataSource, DueTimes dueTimes, TimeProvider clock)
{
    /// <summary>A location where no runner has asked for so long is not served: runners ask again within half a minute.</summary>
    public static readonly TimeSpan Lately = TimeSpan.FromSeconds(60);

    private const string ToldSql = """
        insert into ledger.served_locations as s (account_id, location, asked_at)
        select $1, l.location, t.now from unnest($2) as l(location) cross join (select ledger.running_time($3) as now) t
        order by l.location
        on conflict (account_id, location) do update set asked_at = greatest(s.asked_at, excluded.asked_at)
        """;

    private const string ServedSql = """
        select s.location from ledger.served_locations s
        where s.account_id = $1 and s.location = any($2) and s.asked_at > ledger.running_time($3) - make_interval(secs => $4)
        """;

    private const int MaximumTold = 20_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(Guid Account, string Location), long> told = new();

    /// <summary>A runner asks for runs. Written now and then; what fails is written with the next question.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task ToldAsync(Guid accountId, IEnumerable<string> locations, CancellationToken cancellation)
    {
        var due = locations.Distinct(StringComparer.Ordinal)
            .Where(location => !told.TryGetValue((accountId, location), out var at) || clock.GetElapsedTime(at) > Pause)
            .ToArray();
        if (due.Length == 0)
        {
            return;
        }

        await using var command = dataSource.CreateCommand(ToldSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = due });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = dueTimes.Given, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellation);
        if (told.Count >= MaximumTold)
        {
            told.Clear();
        }

        foreach (var location in due)
        {
            told[(accountId, location)] = clock.GetTimestamp();
        }
    }

    /// <summary>Those of some locations where no runner has asked within a time.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyCollection<string>> UnservedAsync(
        Guid accountId, IEnumerable<string> locations, TimeSpan within, CancellationToken cancellation = default)
    {
        var unserved = locations.ToHashSet(StringComparer.Ordinal);
        await using var command = dataSource.CreateCommand(ServedSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. unserved] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = dueTimes.Given, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = within.TotalSeconds });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            unserved.Remove(reader.GetString(0));
        }

        return unserved;
    }

    /// <summary>The longest wait of a run that is queued at a served location begins anew.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task GoOnWaitingAsync(StreamId stream, Guid sequenceId, TimeSpan wait, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(
            """
            update ledger.due_times set expire_at = ledger.running_time($4) + make_interval(secs => $5)
            where account_id = $1 and session_id = $2 and sequence_id = $3 and runner_id = '' and expire_at < 'infinity'
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.AccountId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = stream.SessionId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = sequenceId });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = dueTimes.Given, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = wait.TotalSeconds });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
