using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Ledger.Http.Bundles;

namespace Ledger.Http.Tests.Bundles;

/// <summary>Code bundles: uploaded through a dialect, handed to runners.</summary>
public sealed class BundleTests(BundleLedger ledger) : IClassFixture<BundleLedger>
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(BundleStore.ChunkSize, true)]
    [InlineData(BundleStore.ChunkSize + 1, false)]
    [InlineData(BundleLedger.Limit, false)]
    [InlineData(BundleLedger.Limit, true)]
    public async Task What_was_uploaded_comes_back_with_its_length_and_its_hash(int size, bool chunked)
    {
        var bytes = BundleLedger.Bytes(size);

        using var answer = await ledger.DownloadAsync(await ledger.StoreAsync(bytes, chunked));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentLength.ShouldBe(size);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        answer.Headers.ETag!.Tag.ShouldBe($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\"");
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_byte_too_many_is_refused_with_the_limit_named_and_leaves_nothing(bool chunked)
    {
        var before = await ledger.RowsAsync();

        var answer = await ledger.UploadAsync(BundleLedger.Bytes(BundleLedger.Limit + 1), chunked);

        answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer.Body.GetProperty("statusCode").GetInt32().ShouldBe(413);
        answer.Body.GetProperty("error").GetString().ShouldBe("Payload Too Large");
        answer.Body.GetProperty("message").GetString()
            .ShouldBe($"Payload content length greater than maximum allowed: {BundleLedger.Limit}");
        (await ledger.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_content_encoding_is_refused()
    {
        var before = await ledger.RowsAsync();

        (await ledger.UploadAsync([1], encoding: "gzip")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task An_empty_upload_is_refused() => (await ledger.UploadAsync([])).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        var before = await ledger.RowsAsync();
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(ledger.Running.Address.Host, ledger.Running.Address.Port);
            var head = $"""
                POST /next/checkly-storage/upload-code-bundle HTTP/1.1
                Host: ledger
                Authorization: Bearer {ledger.Running.ApiKey}
                Content-Length: {BundleLedger.Limit}


                """.ReplaceLineEndings("\r\n");
            var connection = socket.GetStream();
            await connection.WriteAsync(Encoding.ASCII.GetBytes(head));
            await connection.WriteAsync(BundleLedger.Bytes(BundleLedger.Limit / 2));
            socket.Client.Shutdown(SocketShutdown.Send);

            // After its last word, or a reset, the server does nothing with it any more.
            using var rest = new StreamReader(connection);
            await Record.ExceptionAsync(rest.ReadToEndAsync);
        }

        (await ledger.RowsAsync()).ShouldBe(before);
        await ledger.StoreAsync([1]);
        (await ledger.RowsAsync()).ShouldBe(before + 2);
    }

    [Fact]
    public async Task A_bundle_that_is_gone_before_its_first_byte_is_unknown()
    {
        var key = await ledger.StoreAsync([1, 2, 3]);
        await ledger.LosePiecesAsync(key);

        using var answer = await ledger.DownloadAsync(key);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        answer.Headers.ETag.ShouldBeNull();
    }

    [Fact]
    public async Task Another_accounts_bundle_is_unknown()
    {
        var key = await ledger.StoreAsync([1, 2, 3]);
        using var other = await ledger.ClientWithAsync(Scope.Runner, ofAnotherAccount: true);

        using var foreign = await ledger.DownloadAsync(key, other);
        using var unknown = await ledger.DownloadAsync(Guid.NewGuid());
        using var malformed = await ledger.Running.Client.GetAsync("/ledger/bundles/x");

        foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        foreign.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        malformed.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Runners_read_and_do_not_upload_and_others_do_not_read()
    {
        var key = await ledger.StoreAsync([1]);
        using var runner = await ledger.ClientWithAsync(Scope.Runner);
        using var commander = await ledger.ClientWithAsync(Scope.Command);
        using var nobody = ledger.Running.ClientWith(null);

        (await ledger.DownloadAsync(key, runner)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ledger.DownloadAsync(key, commander)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await ledger.DownloadAsync(key, nobody)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await ledger.UploadAsync([1], client: runner)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await ledger.UploadAsync([1], client: commander)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task No_other_route_takes_a_body_of_that_size()
    {
        using var body = new ByteArrayContent(new byte[Requests.Body.DefaultLimit + 1]);

        using var answer = await ledger.Running.Client.PostAsync("/v1/test-sessions/trigger", body);

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }
}
