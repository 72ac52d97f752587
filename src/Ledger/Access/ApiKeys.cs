using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using JasperFx;

namespace Ledger.Access;

/// <summary>
/// The keys. Looked up by the hash of the secret; what was found, or not found, is trusted for <see cref="Trust"/>, so that a request usually
/// costs no query. A revocation is confirmed only after that time, when no host trusts the key any more: revoked means revoked at once.
/// </summary>
public sealed class ApiKeys(IDocumentStore store, TimeProvider clock)
{
    /// <summary>How long a host may go on using what it has read of a key.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private const int MaximumTrusted = 10_000;

    // Apart, so that nobody who tries out secrets displaces the keys that are in use.
    private readonly ConcurrentDictionary<string, (ApiKey? Key, long ReadAt)> trusted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (ApiKey? Key, long ReadAt)> unknown = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, (ApiKey? Key, long ReadAt)> byId = new();

    /// <summary>The key behind a secret; null for an unknown, expired or revoked one.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<ApiKey?> FindAsync(string secret, CancellationToken cancellation)
    {
        // A hash tells nothing of a secret by the time that it takes to look for it.
        var hash = HashOf(secret);
        if ((trusted.TryGetValue(hash, out var known) || unknown.TryGetValue(hash, out known)) && clock.GetElapsedTime(known.ReadAt) < Trust)
        {
            return Valid(known.Key);
        }

        var readAt = clock.GetTimestamp();
        var found = await Database.RunAsync(async () =>
        {
            await using var documents = store.QuerySession();
            return await documents.Query<ApiKey>().SingleOrDefaultAsync(key => key.Hash == hash, cancellation);
        });
        var seen = found is { RevokedAt: null } ? trusted : unknown;
        if (seen.Count >= MaximumTrusted)
        {
            seen.Clear();
        }

        seen[hash] = (found, readAt);
        if (seen == unknown)
        {
            trusted.TryRemove(hash, out _);
        }

        return Valid(found);
    }

    /// <summary>
    /// The key of that id, for who has shown its secret before; null for an unknown, expired or revoked one. Trusted as long as
    /// <see cref="FindAsync"/> trusts it.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<ApiKey?> FindByIdAsync(Guid id, CancellationToken cancellation)
    {
        if (byId.TryGetValue(id, out var known) && clock.GetElapsedTime(known.ReadAt) < Trust)
        {
            return Valid(known.Key);
        }

        var readAt = clock.GetTimestamp();
        var found = await Database.RunAsync(async () =>
        {
            await using var documents = store.QuerySession();
            return await documents.LoadAsync<ApiKey>(id, cancellation);
        });
        if (byId.Count >= MaximumTrusted)
        {
            byId.Clear();
        }

        byId[id] = (found, readAt);
        return Valid(found);
    }

    /// <summary>Whether a secret is a key's that was in use here lately, or is known to be nobody's: to look for it costs next to nothing.</summary>
    public bool Remembers(string secret)
    {
        var hash = HashOf(secret);
        return trusted.ContainsKey(hash) || (unknown.TryGetValue(hash, out var known) && clock.GetElapsedTime(known.ReadAt) < Trust);
    }

    /// <summary>Makes a key and gives its secret, which is kept nowhere. A secret of the caller's own that is known already changes nothing.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<string> AddAsync(ApiKey key, string? secret, CancellationToken cancellation)
    {
        secret ??= NewSecret();
        var hash = HashOf(secret);
        return await Database.RunAsync(async () =>
        {
            await using var documents = store.LightweightSession();
            if (!await documents.Query<ApiKey>().AnyAsync(known => known.Hash == hash, cancellation))
            {
                documents.Insert(key with { Hash = hash });
                await documents.SaveChangesAsync(cancellation);
                unknown.TryRemove(hash, out _);
            }

            return secret;
        });
    }

    /// <summary>
    /// Revokes a key of the account, and of the project, if one is given; false when there is no such key. Ends when no host accepts the key any
    /// more.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<bool> RevokeAsync(Guid accountId, string? project, Guid id, CancellationToken cancellation)
    {
        await using var documents = store.LightweightSession();
        if (await documents.LoadAsync<ApiKey>(id, cancellation) is not { RevokedAt: null } key
            || key.AccountId != accountId
            || (project is not null && key.Project != project))
        {
            return false;
        }

        documents.Store(key with { RevokedAt = clock.GetUtcNow() });
        try
        {
            await documents.SaveChangesAsync(cancellation);
        }
        catch (ConcurrencyException)
        {
            return false; // Nothing else changes a key: somebody has just revoked it.
        }

        trusted.TryRemove(key.Hash, out _);
        byId.TryRemove(id, out _);
        await Task.Delay(Trust, clock, CancellationToken.None); // A key may revoke itself.
        return true;
    }

    private static string NewSecret() => "ldg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private ApiKey? Valid(ApiKey? key) => key?.IsValid(clock.GetUtcNow()) is true ? key : null;
}
