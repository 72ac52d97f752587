using System.IO.Compression;
using System.Net;
using System.Text;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Runners;

/// <summary>A body is taken whole or not at all.</summary>
public sealed class CompressedBodyTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_body_that_is_cut_off_anywhere_is_refused_and_cancels_nothing()
    {
        var session = await client.TriggerAsync("cut-off");
        var whole = Compressed("""{"reason":"no longer needed"}""");

        for (var length = 1; length < whole.Length; length++)
        {
            (await CancelAsync(session.SessionId, whole[..length])).Status.ShouldBe(HttpStatusCode.BadRequest, $"{length} of {whole.Length} bytes");
        }

        (await client.EventTypesAsync(session.SessionId)).ShouldBe(["session_triggered"]);
        (await CancelAsync(session.SessionId, whole)).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    private Task<Answer> CancelAsync(Guid sessionId, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentEncoding.Add("gzip");
        return client.PostBodyAsync($"/ledger/sessions/{sessionId}/cancel", content);
    }

    private static byte[] Compressed(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return bytes.ToArray();
    }
}
