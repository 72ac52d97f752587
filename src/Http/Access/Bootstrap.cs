using System.Security.Cryptography;
using Ledger.Http.Settings;
using Npgsql;

namespace Ledger.Http.Access;

/// <summary>
/// The first account and its key with all scopes: those of the settings, or, on an empty database, ones made at random, printed once and
/// kept in the data directory, readable by the owner alone.
/// </summary>
public sealed class Bootstrap(
    NpgsqlDataSource database, ApiKeys keys, LedgerSettings settings, TimeProvider clock, ILogger<Bootstrap> logger)
{
    private const string FileName = "bootstrap-key";

    // Any number will do, as long as it is always the same.
    private const long Lock = 0x6b65_7973;

    /// <summary>Makes what is missing. Safe to repeat, and on several hosts at once.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // Two hosts that start on one empty database must not make a first account each.
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var turn = await connection.BeginTransactionAsync(cancellation);
        await using var wait = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = Lock } } };
        await wait.ExecuteNonQueryAsync(cancellation);

        if (settings.Bootstrap is { Account: { } account, ApiKey: { } secret })
        {
            await AddAsync(Guid.Parse(account), secret, cancellation);
        }
        else if (await IsEmptyAsync(cancellation))
        {
            await AddRandomAsync(cancellation);
        }
    }

    private async Task AddRandomAsync(CancellationToken cancellation)
    {
        var account = Guid.NewGuid();
        var secret = "ldg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var file = Path.Combine(settings.DataDirectory, FileName);
        Directory.CreateDirectory(settings.DataDirectory);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var writer = new StreamWriter(file, System.Text.Encoding.ASCII, options))
        {
            await writer.WriteAsync($"account={account}\nkey={secret}\n");
        }

        await AddAsync(account, secret, cancellation);
        logger.LogInformation(
            "The database is empty: made a first account and its key, kept in {File}\n  account: {Account}\n  key:     {Key}",
            Path.GetFullPath(file),
            account,
            secret);
    }

    private async Task AddAsync(Guid account, string secret, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand(
            "insert into ledger.accounts (id, name, created_at) values ($1, $2, $3) on conflict (id) do nothing");
        command.Parameters.AddWithValue(account);
        command.Parameters.AddWithValue("Bootstrap");
        command.Parameters.AddWithValue(now);
        await command.ExecuteNonQueryAsync(cancellation);
        var key = new ApiKey(Guid.CreateVersion7(now), account, "bootstrap", null, null, Enum.GetValues<Scope>(), now, null);
        await keys.AddAsync(key, secret, cancellation);
    }

    private async Task<bool> IsEmptyAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select not exists (select from ledger.accounts)");
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
