using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Sessions;

/// <summary>The keys that secrets are encrypted with are the installation's, and a certificate may protect them (docs/security.md#keys).</summary>
public sealed class KeyRingTests : IDisposable
{
    private const string Secret = "correct horse battery staple";

    private readonly TestDatabase database = new();
    private readonly string folder = Directory.CreateTempSubdirectory("ledger-ring-").FullName;

    [Fact]
    public async Task Hosts_that_start_at_once_share_one_key_that_only_the_certificate_opens()
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Ledger:Secrets:Certificate"] = MakeCertificate("right"),
            ["Ledger:Secrets:CertificatePassword"] = "right",
        };
        var account = Guid.NewGuid();
        var hosts = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => RunningLedger.StartAsync(database.ConnectionString, settings, account: account)));
        var location = $"place-{account:N}";
        await hosts[0].Client.TriggerAsync(new
        {
            kind = "run",
            name = "x",
            runs = new[]
            {
                new { checkType = "PLAYWRIGHT", name = "x", location, spec = new { environment = new { PASSWORD = Secret }, secretVariables = new[] { "PASSWORD" } } },
            },
        });

        (await new TestRunner(hosts[1].Client, "r").ClaimAsync(location)).ShouldHaveSingleItem().GetRawText().ShouldContain(Secret);

        var ring = await RingAsync();
        ring.Count.ShouldBe(1);
        ring[0].ShouldContain("EncryptedData");
        ring[0].ShouldNotContain("<masterKey");
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        database.Dispose();
    }

    private string MakeCertificate(string password)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=ledger", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        var file = Path.Combine(folder, "ring.pfx");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, password));
        return file;
    }

    private async Task<IReadOnlyList<string>> RingAsync()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand("select xml from ledger.key_ring where name like 'key-%'");
        await using var reader = await command.ExecuteReaderAsync();
        var elements = new List<string>();
        while (await reader.ReadAsync())
        {
            elements.Add(reader.GetString(0));
        }

        return elements;
    }
}
