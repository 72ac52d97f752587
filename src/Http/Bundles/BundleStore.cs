using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Http.Bundles;

/// <summary>What a client uploaded for runs to execute: for the supplied runner a gzipped tar; the ledger does not look into it.</summary>
/// <param name="Key">Its id: unguessable, and unknown in every other account.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">The hash of its bytes, in lower-case hexadecimal digits.</param>
public sealed record Bundle(Guid Key, long SizeBytes, string Sha256);

/// <summary>The bundles of all accounts, in pieces, so that one of any size costs a bounded amount of memory.</summary>
public sealed class BundleStore(NpgsqlDataSource database)
{
    /// <summary>Bytes of one piece: small enough to stay out of the large object heap.</summary>
    public const int ChunkSize = 64 * 1024;

    private const int RemovedAtOnce = 50;

    /// <summary>Stores a bundle, all of it or nothing.</summary>
    /// <param name="accountId">Whose it is.</param>
    /// <param name="bundle">What is known of it.</param>
    /// <param name="uploadedAt">When it came.</param>
    /// <param name="content">Its bytes, at hand: a database connection is held while they are read.</param>
    /// <param name="cancellation">Ends it; nothing is stored then.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task AddAsync(Guid accountId, Bundle bundle, DateTimeOffset uploadedAt, Stream content, CancellationToken cancellation) =>
        Database.RunAsync(async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await using var command = new NpgsqlCommand(
                "insert into ledger.bundles (id, account_id, size_bytes, sha256, uploaded_at) values ($1, $2, $3, $4, $5)", connection);
            command.Parameters.AddWithValue(bundle.Key);
            command.Parameters.AddWithValue(accountId);
            command.Parameters.AddWithValue(bundle.SizeBytes);
            command.Parameters.AddWithValue(Convert.FromHexString(bundle.Sha256));
            command.Parameters.AddWithValue(uploadedAt);
            await command.ExecuteNonQueryAsync(cancellation);
            await CopyAsync(connection, bundle.Key, content, cancellation);
            await transaction.CommitAsync(cancellation);
            return true;
        });

    /// <summary>Those of the account's bundles that have one of these keys.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyDictionary<Guid, Bundle>> FindAsync(
        Guid accountId, IReadOnlyCollection<Guid> keys, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select id, size_bytes, sha256 from ledger.bundles where account_id = $1 and id = any($2)");
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(keys.ToArray());
        return await Database.RunAsync(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var bundles = new Dictionary<Guid, Bundle>();
            while (await reader.ReadAsync(cancellation))
            {
                var key = reader.GetGuid(0);
                bundles[key] = new Bundle(key, reader.GetInt64(1), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(2)));
            }

            return bundles;
        });
    }

    /// <summary>A piece of a bundle that was found, counted from 0; null when the bundle has been removed since.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<byte[]?> ReadChunkAsync(Bundle bundle, int number, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select data from ledger.bundle_chunks where bundle_id = $1 and number = $2");
        command.Parameters.AddWithValue(bundle.Key);
        command.Parameters.AddWithValue(number);
        return await Database.RunAsync(async () => (byte[]?)await command.ExecuteScalarAsync(cancellation));
    }

    /// <summary>Removes bundles that were uploaded before a time, a few in each transaction.</summary>
    /// <returns>How many were removed.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<int> RemoveOlderAsync(DateTimeOffset than, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            delete from ledger.bundles where id in
              (select id from ledger.bundles where uploaded_at < $1 order by uploaded_at limit $2 for update skip locked)
            """);
        command.Parameters.AddWithValue(than);
        command.Parameters.AddWithValue(RemovedAtOnce);
        var removed = 0;
        int now;
        do
        {
            now = await Database.RunAsync(() => command.ExecuteNonQueryAsync(cancellation));
            removed += now;
        }
        while (now == RemovedAtOnce);
        return removed;
    }

    private static async Task CopyAsync(NpgsqlConnection connection, Guid key, Stream content, CancellationToken cancellation)
    {
        await using var pieces = await connection.BeginBinaryImportAsync(
            "copy ledger.bundle_chunks (bundle_id, number, data) from stdin (format binary)", cancellation);
        var buffer = new byte[ChunkSize];
        for (var number = 0; await NextAsync() is > 0 and var count; number++)
        {
            await pieces.StartRowAsync(cancellation);
            await pieces.WriteAsync(key, NpgsqlDbType.Uuid, cancellation);
            await pieces.WriteAsync(number, NpgsqlDbType.Integer, cancellation);
            await pieces.WriteAsync(buffer.AsMemory(0, count), NpgsqlDbType.Bytea, cancellation);
        }

        await pieces.CompleteAsync(cancellation);

        ValueTask<int> NextAsync() => content.ReadAtLeastAsync(buffer, ChunkSize, throwOnEndOfStream: false, cancellation);
    }
}

/// <summary>The parts that keep bundles.</summary>
public static class BundleParts
{
    public static void AddBundles(this IServiceCollection services)
    {
        services.AddSingleton<BundleStore>();
        services.AddSingleton<BundleUpload>();
        services.AddHostedService<BundleSweep>();
    }
}
