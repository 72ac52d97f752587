using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ledger.Store;
using Npgsql;

namespace Ledger.Http.Access;

/// <summary>
/// The keys. Looked up by the hash of the secret; what was found is trusted for <see cref="Trust"/>, so that a request usually costs no
/// query. A revocation is confirmed only after that time, when no host trusts the key any more: revoked means revoked at once.
/// </summary>
public sealed class ApiKeys(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>How long a host may go on using what it has read of a key.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private const int MaximumTrusted = 10_000;
    private const string Columns = "id, account_id, name, owner, project, scopes, created_at, expires_at";

    private readonly ConcurrentDictionary<string, (ApiKey Key, byte[] Hash, long ReadAt)> trusted = new();

    /// <summary>The key behind a secret; null for an unknown, expired or revoked one.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<ApiKey?> FindAsync(string secret, CancellationToken cancellation)
    {
        var hash = Hash(secret);
        var name = Convert.ToHexString(hash);
        if (trusted.TryGetValue(name, out var known)
            && clock.GetElapsedTime(known.ReadAt) < Trust
            && CryptographicOperations.FixedTimeEquals(known.Hash, hash))
        {
            return Valid(known.Key);
        }

        trusted.TryRemove(name, out _);
        var readAt = clock.GetTimestamp();
        if (await QueryAsync(hash, cancellation) is not { } found)
        {
            return null;
        }

        if (trusted.Count >= MaximumTrusted)
        {
            trusted.Clear();
        }

        trusted[name] = (found, hash, readAt);
        return Valid(found);
    }

    /// <summary>Makes a key and gives its secret, which is kept nowhere.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<string> AddAsync(ApiKey key, string? secret, CancellationToken cancellation)
    {
        secret ??= NewSecret();
        await using var command = database.CreateCommand(
            $"""
            insert into ledger.api_keys ({Columns}, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (hash) do nothing
            """);
        command.Parameters.AddWithValue(key.Id);
        command.Parameters.AddWithValue(key.AccountId);
        command.Parameters.AddWithValue(key.Name);
        command.Parameters.AddWithValue((object?)key.Owner ?? DBNull.Value);
        command.Parameters.AddWithValue((object?)key.Project ?? DBNull.Value);
        command.Parameters.AddWithValue(key.Scopes.Select(Scopes.Of).ToArray());
        command.Parameters.AddWithValue(key.CreatedAt);
        command.Parameters.AddWithValue((object?)key.ExpiresAt ?? DBNull.Value);
        command.Parameters.AddWithValue(Hash(secret));
        await Database.RunAsync(() => command.ExecuteNonQueryAsync(cancellation));
        return secret;
    }

    /// <summary>The account's keys that are not revoked, oldest first; only those bound to a project, if one is given.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(Guid accountId, string? project, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            select {Columns} from ledger.api_keys
            where account_id = $1 and revoked_at is null and ($2::varchar is null or project = $2) order by created_at, id
            """);
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue((object?)project ?? DBNull.Value);
        return await Database.RunAsync(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var keys = new List<ApiKey>();
            while (await reader.ReadAsync(cancellation))
            {
                keys.Add(Read(reader));
            }

            return keys;
        });
    }

    /// <summary>
    /// Revokes a key of the account, and of the project, if one is given; false when there is no such key. Ends when no host accepts the key any
    /// more.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<bool> RevokeAsync(Guid accountId, string? project, Guid id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update ledger.api_keys set revoked_at = $3
            where account_id = $1 and id = $2 and revoked_at is null and ($4::varchar is null or project = $4)
            """);
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(id);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        command.Parameters.AddWithValue((object?)project ?? DBNull.Value);
        if (await Database.RunAsync(() => command.ExecuteNonQueryAsync(cancellation)) == 0)
        {
            return false;
        }

        foreach (var (name, entry) in trusted)
        {
            if (entry.Key.Id == id)
            {
                trusted.TryRemove(name, out _);
            }
        }

        await Task.Delay(Trust, clock, cancellation);
        return true;
    }

    private static string NewSecret() => "ldg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private ApiKey? Valid(ApiKey key) => key.ExpiresAt <= clock.GetUtcNow() ? null : key;

    private async Task<ApiKey?> QueryAsync(byte[] hash, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from ledger.api_keys where hash = $1 and revoked_at is null");
        command.Parameters.AddWithValue(hash);
        return await Database.RunAsync(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            return await reader.ReadAsync(cancellation) ? Read(reader) : null;
        });
    }

    private static ApiKey Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetGuid(1),
        reader.GetString(2),
        reader.IsDBNull(3) ? null : reader.GetString(3),
        reader.IsDBNull(4) ? null : reader.GetString(4),
        [.. reader.GetFieldValue<string[]>(5).Select(Scopes.Parse)],
        reader.GetFieldValue<DateTimeOffset>(6),
        reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7));
}
