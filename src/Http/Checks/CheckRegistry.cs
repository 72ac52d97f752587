using System.Text.Json;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Http.Checks;

/// <summary>The registered checks of all accounts.</summary>
public sealed class CheckRegistry(NpgsqlDataSource database)
{
    private const string Columns =
        "id, name, check_type, tags, locations, activated, max_response_time, degraded_response_time, spec::text, created_at, updated_at";

    /// <summary>Registers a check, or what has changed of it.</summary>
    /// <returns>The check as it stands, and whether it is new.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="UnstorableEventException">The spec holds what the database cannot.</exception>
    public async Task<(Check Check, bool IsNew)> PutAsync(Guid accountId, Check check, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            insert into ledger.checks as c (account_id, id, name, check_type, tags, locations, activated, max_response_time,
              degraded_response_time, spec, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            on conflict (account_id, id) do update set name = excluded.name, check_type = excluded.check_type, tags = excluded.tags,
              locations = excluded.locations, activated = excluded.activated, max_response_time = excluded.max_response_time,
              degraded_response_time = excluded.degraded_response_time, spec = excluded.spec, updated_at = excluded.updated_at
            returning {Columns}, xmax = 0
            """);
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(check.Id);
        command.Parameters.AddWithValue(check.Name);
        command.Parameters.AddWithValue(check.CheckType);
        command.Parameters.AddWithValue(check.Tags.ToArray());
        command.Parameters.AddWithValue(check.Locations.ToArray());
        command.Parameters.AddWithValue(check.Activated);
        command.Parameters.AddWithValue((object?)check.MaxResponseTime ?? DBNull.Value);
        command.Parameters.AddWithValue((object?)check.DegradedResponseTime ?? DBNull.Value);
        command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, (object?)check.Spec?.GetRawText() ?? DBNull.Value);
        command.Parameters.AddWithValue(check.CreatedAt);
        command.Parameters.AddWithValue(check.UpdatedAt);
        try
        {
            return await Database.RunAsync(async () =>
            {
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                await reader.ReadAsync(cancellation);
                return (Read(reader), reader.GetBoolean(11));
            });
        }
        catch (PostgresException fault) when (fault.SqlState.StartsWith("22", StringComparison.Ordinal))
        {
            throw new UnstorableEventException(fault.MessageText, fault);
        }
    }

    /// <summary>The check of that id; null when the account has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<Check?> FindAsync(Guid accountId, Guid id, CancellationToken cancellation) =>
        (await QueryAsync($"select {Columns} from ledger.checks where account_id = $1 and id = $2", [accountId, id], cancellation))
            .SingleOrDefault();

    /// <summary>All checks of the account, by name.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<Check>> ListAsync(Guid accountId, CancellationToken cancellation) =>
        QueryAsync($"select {Columns} from ledger.checks where account_id = $1 order by name, id", [accountId], cancellation);

    private async Task<IReadOnlyList<Check>> QueryAsync(string sql, object[] values, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value);
        }

        return await Database.RunAsync<IReadOnlyList<Check>>(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var checks = new List<Check>();
            while (await reader.ReadAsync(cancellation))
            {
                checks.Add(Read(reader));
            }

            return checks;
        });
    }

    private static Check Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.GetString(2),
        reader.GetFieldValue<string[]>(3),
        reader.GetFieldValue<string[]>(4),
        reader.GetBoolean(5),
        reader.IsDBNull(6) ? null : reader.GetInt64(6),
        reader.IsDBNull(7) ? null : reader.GetInt64(7),
        reader.IsDBNull(8) ? null : JsonSerializer.Deserialize<JsonElement>(reader.GetString(8)),
        reader.GetFieldValue<DateTimeOffset>(9),
        reader.GetFieldValue<DateTimeOffset>(10));
}

/// <summary>A registered check: what can be triggered, and what to run for it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="CheckType">One of the known types.</param>
/// <param name="Tags">What triggers select by.</param>
/// <param name="Locations">Where a session of it runs, one run each.</param>
/// <param name="Activated">Whether a trigger may select it.</param>
/// <param name="MaxResponseTime">From this many milliseconds on a run has failed; null for never.</param>
/// <param name="DegradedResponseTime">From this many milliseconds on a run is degraded; null for never.</param>
/// <param name="Spec">What to execute: opaque, handed to the runner.</param>
/// <param name="CreatedAt">When it was first registered.</param>
/// <param name="UpdatedAt">When it was registered last.</param>
public sealed record Check(
    Guid Id,
    string Name,
    string CheckType,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Locations,
    bool Activated,
    long? MaxResponseTime,
    long? DegradedResponseTime,
    JsonElement? Spec,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);
