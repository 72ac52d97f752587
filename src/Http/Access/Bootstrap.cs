namespace Ledger.Http.Access;

/// <summary>
/// The first account and its key with all scopes: those of the settings, or, on an empty database, ones made at random and kept in the data
/// directory, readable by the owner alone. The key itself is never logged.
/// </summary>
public sealed partial class Bootstrap(
    NpgsqlDataSource database, IDocumentStore store, ApiKeys keys, LedgerSettings settings, TimeProvider clock, ILogger<Bootstrap> logger)
{
    private const string FileName = "bootstrap-key";
    private const string KeyName = "bootstrap";

    // Any number will do, as long as it is always the same.
    private const long Lock = 0x6b65_7973;

    /// <summary>The key that this start has made; null when it has made none.</summary>
    public FirstKey? Made { get; private set; }

    /// <summary>Where a key that is made at random is kept.</summary>
    public static string FileOf(LedgerSettings settings) => Path.GetFullPath(Path.Combine(settings.DataDirectory, FileName));

    /// <summary>The same, when it is kept there.</summary>
    public static string? KeyFileOf(LedgerSettings settings) => settings.Bootstrap.ApiKey is null ? FileOf(settings) : null;

    /// <summary>Makes what is missing. Safe to repeat, and on several hosts at once.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // Two hosts that start on one empty database must not make a first account each.
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var turn = await connection.BeginTransactionAsync(cancellation);
        await using var wait = new NpgsqlCommand(
            "select set_config('idle_in_transaction_session_timeout', '0', true), pg_advisory_xact_lock($1)", connection)
        {
            Parameters = { new() { Value = Lock } },
        };
        await wait.ExecuteNonQueryAsync(cancellation);

        if (settings.Bootstrap is { Account: { } account, ApiKey: { } secret })
        {
            await AddAsync(Guid.Parse(account), secret, cancellation);
            await TellOfFormerAsync(Guid.Parse(account), secret, cancellation);
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
        var file = FileOf(settings);
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
        Made = new FirstKey(account, secret);
        LogMade(file);
    }

    /// <summary>A key that the settings named before is as valid as the one that they name now, until somebody revokes it.</summary>
    private async Task TellOfFormerAsync(Guid account, string secret, CancellationToken cancellation)
    {
        var present = await keys.FindAsync(secret, cancellation);
        await using var documents = store.QuerySession();
        var formers = await documents.Query<ApiKey>()
            .Where(key => key.AccountId == account && key.RevokedAt == null && key.Name == KeyName)
            .ToListAsync(cancellation);
        foreach (var former in formers.Where(former => former.Id != present?.Id))
        {
            LogFormer(former.Id, former.CreatedAt, account);
        }
    }

    private async Task AddAsync(Guid account, string secret, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var documents = store.LightweightSession();
        if (await documents.LoadAsync<Account>(account, cancellation) is null)
        {
            documents.Insert(new Account(account, "Bootstrap", now));
            await documents.SaveChangesAsync(cancellation);
        }

        var key = new ApiKey(Guid.CreateVersion7(now), account, KeyName, null, null, Enum.GetValues<Scope>(), now, null);
        await keys.AddAsync(key, secret, cancellation);
    }

    private async Task<bool> IsEmptyAsync(CancellationToken cancellation)
    {
        await using var documents = store.QuerySession();
        return !await documents.Query<Account>().AnyAsync(cancellation);
    }

    [LoggerMessage(LogLevel.Information, "The database is empty: made a first account and its key, kept in {File}.")]
    private partial void LogMade(string file);

    [LoggerMessage(
        LogLevel.Warning,
        "A former bootstrap key is still valid: {Key}, made at {CreatedAt:u}, of account {Account}; revoke it by DELETE /ledger/keys.")]
    private partial void LogFormer(Guid key, DateTimeOffset createdAt, Guid account);
}

public sealed record FirstKey(Guid Account, string Secret);
