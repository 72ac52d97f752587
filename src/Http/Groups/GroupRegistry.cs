using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Store;
using Npgsql;

namespace Ledger.Http.Groups;

/// <summary>The registered groups of all accounts.</summary>
public sealed class GroupRegistry(NpgsqlDataSource database)
{
    private const string Columns = "id, name, check_ids, created_at, updated_at";

    /// <summary>Registers a group, or what has changed of it.</summary>
    /// <returns>The group as it stands, and whether it is new.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<(Group Group, bool IsNew)> PutAsync(Guid accountId, Group group, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            insert into ledger.groups (account_id, {Columns}) values ($1, $2, $3, $4, $5, $6)
            on conflict (account_id, id) do update
              set name = excluded.name, check_ids = excluded.check_ids, updated_at = excluded.updated_at
            returning {Columns}, xmax = 0
            """);
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(group.Id);
        command.Parameters.AddWithValue(group.Name);
        command.Parameters.AddWithValue(group.CheckIds.ToArray());
        command.Parameters.AddWithValue(group.CreatedAt);
        command.Parameters.AddWithValue(group.UpdatedAt);
        return await Database.RunAsync(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            return (Read(reader), reader.GetBoolean(5));
        });
    }

    /// <summary>The group of that id; null when the account has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<Group?> FindAsync(Guid accountId, Guid id, CancellationToken cancellation) =>
        (await QueryAsync($"select {Columns} from ledger.groups where account_id = $1 and id = $2", [accountId, id], cancellation))
            .SingleOrDefault();

    /// <summary>The group of an id in the path.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, 404 for an unknown group.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<Group> FindAsync(Caller caller, string groupId, CancellationToken cancellation) =>
        await FindAsync(caller.AccountId, Inputs.Uuid("group id", groupId), cancellation)
        ?? throw RequestRejected.NotFound("There is no such group.");

    /// <summary>All groups of the account, by name.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<Group>> ListAsync(Guid accountId, CancellationToken cancellation) =>
        QueryAsync($"select {Columns} from ledger.groups where account_id = $1 order by name, id", [accountId], cancellation);

    private async Task<IReadOnlyList<Group>> QueryAsync(string sql, Guid[] ids, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var id in ids)
        {
            command.Parameters.AddWithValue(id);
        }

        return await Database.RunAsync<IReadOnlyList<Group>>(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var groups = new List<Group>();
            while (await reader.ReadAsync(cancellation))
            {
                groups.Add(Read(reader));
            }

            return groups;
        });
    }

    private static Group Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.GetFieldValue<Guid[]>(2),
        reader.GetFieldValue<DateTimeOffset>(3),
        reader.GetFieldValue<DateTimeOffset>(4));
}

/// <summary>A group of checks that are run together, each as a session of its own; together these are a batch.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="CheckIds">What it runs, in this order, each once. A check need not be registered.</param>
/// <param name="CreatedAt">When it was first registered.</param>
/// <param name="UpdatedAt">When it was registered last.</param>
public sealed record Group(Guid Id, string Name, IReadOnlyList<Guid> CheckIds, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
