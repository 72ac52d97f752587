using System.Net.Http.Headers;
using System.Security.Cryptography;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Http.Tests.Bundles;

/// <summary>A ledger that takes bundles of at most one megabyte and keeps them for two days, on a clock that tests move.</summary>
public sealed class BundleLedger : IAsyncLifetime
{
    public const int Limit = 1024 * 1024;

    private const string Upload = "/next/checkly-storage/upload-code-bundle";

    private readonly TestDatabase database = new();

    internal FakeClock Clock { get; } = new();

    internal RunningLedger Running { get; private set; } = null!;

    public async Task InitializeAsync() => Running = await RunningLedger.StartAsync(
        database.ConnectionString,
        new Dictionary<string, string?> { ["Ledger:Bundles:MaximumMegabytes"] = "1", ["Ledger:Bundles:KeepDays"] = "2" },
        Clock);

    public async Task DisposeAsync()
    {
        await Running.DisposeAsync();
        database.Dispose();
    }

    /// <summary>Bytes that nothing compresses.</summary>
    internal static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    /// <summary>Uploads bytes, with their length announced or in chunks.</summary>
    internal async Task<Answer> UploadAsync(byte[] bytes, bool chunked = false, string? encoding = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Upload) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.TransferEncodingChunked = chunked;
        if (encoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }

        using var response = await (client ?? Running.Client).SendAsync(request);
        return new Answer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>Uploads bytes that are taken, and gives their key.</summary>
    internal async Task<Guid> StoreAsync(byte[] bytes, bool chunked = false) =>
        (await UploadAsync(bytes, chunked)).Body.GetProperty("key").GetGuid();

    internal Task<HttpResponseMessage> DownloadAsync(Guid key, HttpClient? client = null) =>
        (client ?? Running.Client).GetAsync($"/ledger/bundles/{key}");

    /// <summary>Rows of both tables.</summary>
    internal async Task<long> RowsAsync()
    {
        await using var command = Running.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select (select count(*) from ledger.mt_doc_bundle) + (select count(*) from ledger.bundle_chunks)");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What a reader finds who comes between the removal of a bundle's pieces and his first look at them.</summary>
    internal async Task LosePiecesAsync(Guid key)
    {
        await using var command = Running.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "delete from ledger.bundle_chunks where bundle_id = $1");
        command.Parameters.AddWithValue(key);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A client with a key of this account, or of another one.</summary>
    internal async Task<HttpClient> ClientWithAsync(Scope scope, bool ofAnotherAccount = false)
    {
        var account = ofAnotherAccount ? Guid.NewGuid() : Running.AccountId;
        var key = new ApiKey(Guid.NewGuid(), account, "test", null, null, [scope], DateTimeOffset.UtcNow, null);
        return Running.ClientWith(await Running.Services.GetRequiredService<ApiKeys>().AddAsync(key, null, CancellationToken.None));
    }
}
