using System.Security.Cryptography;
using System.Text;
using Ledger.Http.Access;
using Ledger.Store;
using Npgsql;

namespace Ledger.Http.Groups;

/// <summary>
/// The webhooks of all groups. Each use looks its webhook up, so that a deleted one is refused at once; the secrets are compared in
/// constant time.
/// </summary>
public sealed class GroupWebhooks(NpgsqlDataSource database)
{
    private const int MaximumSecret = 512;
    private const string Columns = "id, account_id, group_id, name, created_at";

    /// <summary>Makes a webhook and gives its secret, which is kept nowhere.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<string> AddAsync(GroupWebhook webhook, CancellationToken cancellation)
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        await using var command = database.CreateCommand(
            $"insert into ledger.group_webhooks ({Columns}, hash) values ($1, $2, $3, $4, $5, $6)");
        command.Parameters.AddWithValue(webhook.WebhookId);
        command.Parameters.AddWithValue(webhook.AccountId);
        command.Parameters.AddWithValue(webhook.GroupId);
        command.Parameters.AddWithValue(webhook.Name);
        command.Parameters.AddWithValue(webhook.CreatedAt);
        command.Parameters.AddWithValue(Hash(secret));
        await Database.RunAsync(() => command.ExecuteNonQueryAsync(cancellation));
        return secret;
    }

    /// <summary>The webhooks of a group, oldest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<GroupWebhook>> ListAsync(Guid accountId, Guid groupId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from ledger.group_webhooks where account_id = $1 and group_id = $2 order by created_at, id");
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(groupId);
        return await Database.RunAsync<IReadOnlyList<GroupWebhook>>(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var webhooks = new List<GroupWebhook>();
            while (await reader.ReadAsync(cancellation))
            {
                webhooks.Add(Read(reader));
            }

            return webhooks;
        });
    }

    /// <summary>Removes a webhook of a group; false when the group has no such webhook.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<bool> RemoveAsync(Guid accountId, Guid groupId, Guid webhookId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "delete from ledger.group_webhooks where account_id = $1 and group_id = $2 and id = $3");
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(groupId);
        command.Parameters.AddWithValue(webhookId);
        return await Database.RunAsync(() => command.ExecuteNonQueryAsync(cancellation)) > 0;
    }

    /// <summary>The webhook of that id, if the secret is its own; else null.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<GroupWebhook?> FindAsync(Guid webhookId, string secret, CancellationToken cancellation)
    {
        if (secret.Length > MaximumSecret)
        {
            return null;
        }

        await using var command = database.CreateCommand($"select {Columns}, hash from ledger.group_webhooks where id = $1");
        command.Parameters.AddWithValue(webhookId);
        return await Database.RunAsync(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            return await reader.ReadAsync(cancellation)
                && CryptographicOperations.FixedTimeEquals(reader.GetFieldValue<byte[]>(5), Hash(secret))
                    ? Read(reader)
                    : null;
        });
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static GroupWebhook Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4));
}

/// <summary>An address that runs a group for whoever knows it. Everything but the secret in it.</summary>
/// <param name="WebhookId">Its id.</param>
/// <param name="AccountId">The account that it acts for.</param>
/// <param name="GroupId">What it runs.</param>
/// <param name="Name">What it is called: the actor's name in every event that it causes.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record GroupWebhook(Guid WebhookId, Guid AccountId, Guid GroupId, string Name, DateTimeOffset CreatedAt)
{
    /// <summary>The webhook as the key that its request acts with: it may trigger, and nothing else.</summary>
    public ApiKey ToKey() => new(WebhookId, AccountId, Name, Owner: null, Project: null, [Scope.Command], CreatedAt, ExpiresAt: null);
}
