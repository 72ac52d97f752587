using NpgsqlTypes;

namespace Ledger.Http.Bundles;

/// <summary>What a client uploaded for runs to execute: for the supplied runner a gzipped tar; the ledger does not look into it.</summary>
/// <param name="Key">Its id: unguessable, and unknown in every other account.</param>
/// <param name="Sha256">The hash of its bytes, in lower-case hexadecimal digits.</param>
public sealed record Bundle(Guid Key, long SizeBytes, string Sha256, DateTimeOffset UploadedAt);

/// <summary>What is known of an account's bundles; the oldest are removed first.</summary>
public sealed class BundleDocuments : MartenRegistry
{
    public BundleDocuments() => For<Bundle>().MultiTenanted().Identity(bundle => bundle.Key).Duplicate(bundle => bundle.UploadedAt);
}

/// <summary>The bytes of all bundles, in pieces, so that one of any size costs a bounded amount of memory.</summary>
public sealed class BundleStore(NpgsqlDataSource database, IDocumentStore store)
{
    /// <summary>Bytes of one piece: small enough to stay out of the large object heap.</summary>
    public const int ChunkSize = 64 * 1024;

    private const int RemovedAtOnce = 50;

    /// <summary>Stores a bundle, all of it or nothing.</summary>
    /// <param name="bundle">What is known of it.</param>
    /// <param name="content">Its bytes, at hand: a database connection is held while they are read.</param>
    /// <param name="cancellation">Ends it; nothing is stored then.</param>
    public async Task AddAsync(Guid accountId, Bundle bundle, Stream content, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await CopyAsync(connection, bundle.Key, content, cancellation);
        var options = Marten.Services.SessionOptions.ForTransaction(transaction);
        options.TenantId = accountId.ToString();
        await using var documents = store.LightweightSession(options);
        documents.Insert(bundle);
        await documents.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Those of the account's bundles that have one of these keys.</summary>
    public async Task<IReadOnlyDictionary<Guid, Bundle>> FindAsync(
        Guid accountId, IReadOnlyCollection<Guid> keys, CancellationToken cancellation)
    {
        await using var documents = store.QuerySession(accountId.ToString());
        return (await documents.LoadManyAsync<Bundle>(cancellation, keys)).ToDictionary(bundle => bundle.Key);
    }

    /// <summary>The bundles of these keys, all of them.</summary>
    /// <exception cref="RequestRejected">400 when one of them is not kept.</exception>
    public async Task<IReadOnlyDictionary<Guid, Bundle>> RequireAsync(
        Guid accountId, IReadOnlySet<Guid> keys, CancellationToken cancellation)
    {
        var found = keys.Count == 0 ? new Dictionary<Guid, Bundle>() : await FindAsync(accountId, keys, cancellation);
        return found.Count == keys.Count
            ? found
            : throw RequestRejected.BadRequest($"'codeBundlePath' names no code bundle that is kept: {keys.First(key => !found.ContainsKey(key))}.");
    }

    /// <summary>A piece of a bundle that was found, counted from 0; null when the bundle has been removed since.</summary>
    public async Task<byte[]?> ReadChunkAsync(Bundle bundle, int number, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select data from ledger.bundle_chunks where bundle_id = $1 and number = $2");
        command.Parameters.AddWithValue(bundle.Key);
        command.Parameters.AddWithValue(number);
        return (byte[]?)await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>Removes bundles that were uploaded before a time and that no registered check executes, a few in each transaction.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> RemoveOlderAsync(DateTimeOffset than, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            with gone as (
              delete from ledger.mt_doc_bundle where (tenant_id, id) in (
                select tenant_id, id from ledger.mt_doc_bundle
                where uploaded_at < $1
                  and (tenant_id, id::text) not in (
                    select tenant_id, data #>> '{spec,bundle,key}' from ledger.mt_doc_check where data #>> '{spec,bundle,key}' is not null)
                order by uploaded_at limit $2 for update skip locked)
              returning id),
            pieces as (delete from ledger.bundle_chunks where bundle_id in (select id from gone))
            select count(*)::int from gone
            """);
        command.Parameters.AddWithValue(than);
        command.Parameters.AddWithValue(RemovedAtOnce);
        var removed = 0;
        int now;
        do
        {
            now = (int)(await command.ExecuteScalarAsync(cancellation))!;
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

public static class BundleParts
{
    public static void AddBundles(this IServiceCollection services)
    {
        services.AddSingleton<BundleStore>();
        services.AddSingleton<BundleUpload>();
    }
}
