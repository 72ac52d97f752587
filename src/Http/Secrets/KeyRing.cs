using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Ledger.Http.Secrets;

/// <summary>
/// Where ASP.NET Data Protection keeps its keys: in the database, so that every host of the installation decrypts what another has encrypted.
/// Called when keys are read first, and once a day; by the framework's own contract not asynchronously.
/// </summary>
public sealed class KeyRing(NpgsqlDataSource database) : IXmlRepository
{
    // Any number will do, as long as it is always the same.
    private const long Lock = 0x6b65_7972_696e_67;

    // Of hosts that make a key at the same moment the first one's counts: the others find it when they read the ring again, as they do next.
    private const string StoreSql = """
        insert into ledger.key_ring (name, xml)
        select $1, $2 where not ($3 and exists (select from ledger.key_ring where name like 'key-%' and made_at > now() - interval '1 minute'))
        """;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = database.CreateCommand("select xml from ledger.key_ring order by made_at, name");
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
        {
            elements.Add(XElement.Parse(reader.GetString(0)));
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction();
        using var alone = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = Lock } } };
        alone.ExecuteNonQuery();
        using var store = new NpgsqlCommand(StoreSql, connection)
        {
            Parameters =
            {
                new() { Value = friendlyName },
                new() { Value = element.ToString(SaveOptions.DisableFormatting) },
                new() { Value = friendlyName.StartsWith("key-", StringComparison.Ordinal) },
            },
        };
        store.ExecuteNonQuery();
        transaction.Commit();
    }
}

/// <summary>Seals the secrets of every document that is saved, whoever saves it: the specs of checks, and what alert channels sign with.</summary>
public sealed class SealedDocuments(SpecSecrets secrets, SecretCipher cipher) : DocumentSessionListenerBase
{
    public override Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken token)
    {
        foreach (var check in SavedBy<Check>(session))
        {
            check.Spec = secrets.Seal(Guid.Parse(session.TenantId), check.Spec);
        }

        foreach (var channel in SavedBy<AlertChannel>(session))
        {
            var account = Guid.Parse(session.TenantId);
            channel.Secrets = [.. channel.Secrets.Select(kept => kept with { Secret = WebhookSecret.Seal(account, kept.Secret, cipher) })];
        }

        return Task.CompletedTask;
    }

    private static IEnumerable<T> SavedBy<T>(IDocumentSession session)
        where T : notnull => session.PendingChanges.InsertsFor<T>().Concat(session.PendingChanges.UpdatesFor<T>());
}

public static class SecretParts
{
    private const string Purpose = "Ledger.Secrets";

    /// <summary>Adds the key ring, and what encrypts with it.</summary>
    /// <exception cref="SettingsException">The certificate cannot be used; the message says why.</exception>
    public static void AddSecrets(this IServiceCollection services, LedgerSettings settings)
    {
        var protection = services.AddDataProtection().SetApplicationName("Ledger");
        services.AddSingleton<KeyRing>();
        services.AddOptions<KeyManagementOptions>().Configure<KeyRing>((options, ring) => options.XmlRepository = ring);
        if (settings.Secrets.Load() is { } certificate)
        {
            protection.ProtectKeysWithCertificate(certificate).UnprotectKeysWithAnyCertificate(certificate);
        }

        services.AddSingleton(provider => CipherOf(provider.GetRequiredService<IDataProtectionProvider>()));
        services.AddSingleton<SpecSecrets>();
        services.AddSingleton<SealedDocuments>();
        services.ConfigureMarten((provider, options) => options.Listeners.Add(provider.GetRequiredService<SealedDocuments>()));
    }

    /// <summary>Each account has keys of its own, so that what one has encrypted is nothing in the hands of another.</summary>
    private static SecretCipher CipherOf(IDataProtectionProvider protection)
    {
        return new SecretCipher((account, text) => Of(account).Protect(text), Unprotect);

        IDataProtector Of(Guid account) => protection.CreateProtector(Purpose, account.ToString());

        string? Unprotect(Guid account, string text)
        {
            try
            {
                return Of(account).Unprotect(text);
            }
            catch (CryptographicException)
            {
                return null;
            }
        }
    }
}
