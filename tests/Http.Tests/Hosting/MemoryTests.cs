using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ledger.Http.Tests.Dialects.Checkly.Scheduling;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Hosting;

/// <summary>What a host keeps is bounded by bytes, whatever the counts: measured as its heap after collection, while large requests come.</summary>
[Collection(Alone.Name)]
public sealed class MemoryTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private const int Megabyte = 1024 * 1024;
    private const int Bodies = 12;

    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task Large_bodies_leave_nothing_large_behind_and_a_claim_hands_over_few_of_them()
    {
        var body = Compressed(CommandLine.RunOf(CommandLine.TcpJob().With("padding", new string('x', 45 * Megabyte))).ToJsonString());
        body.Length.ShouldBeLessThan(Megabyte);
        var before = HeapAfterCollection();

        for (var n = 0; n < Bodies; n++)
        {
            (await PostAsync(body)).ShouldBe(HttpStatusCode.Accepted);
        }

        await ShouldHoldLessThanAsync(before + (80 * Megabyte));
        var runner = new TestRunner(client, "large");
        var claimed = await runner.ClaimAsync("eu-central-1", max: Bodies);
        claimed.ShouldHaveSingleItem().GetProperty("spec").GetProperty("job").GetProperty("padding").GetString()!.Length.ShouldBe(45 * Megabyte);
        (await runner.ClaimAsync("eu-central-1", max: Bodies)).ShouldHaveSingleItem();
        claimed = [];
        await ShouldHoldLessThanAsync(before + (80 * Megabyte));
    }

    [Fact]
    public async Task Large_bodies_that_come_at_once_are_taken_one_after_another_and_the_rest_told_to_come_again()
    {
        var body = Compressed(CommandLine.RunOf(CommandLine.TcpJob().With("padding", new string('x', 45 * Megabyte))).ToJsonString());

        var answers = await Task.WhenAll(Enumerable.Range(0, Bodies).Select(_ => PostAsync(body)));

        answers.ShouldContain(HttpStatusCode.Accepted);
        answers.ShouldContain(HttpStatusCode.ServiceUnavailable);
        answers.ShouldAllBe(status => status == HttpStatusCode.Accepted || status == HttpStatusCode.ServiceUnavailable);
        (await PostAsync(body)).ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Sessions_with_much_metadata_do_not_fill_the_memory()
    {
        var metadata = new { notes = new string('x', 900_000) };
        var before = HeapAfterCollection();

        for (var n = 0; n < 300; n++)
        {
            var made = await client.PostBodyAsync(
                "/ledger/sessions",
                new { kind = "check", name = "Noted", metadata, runs = new[] { new { checkType = "PLAYWRIGHT", name = "r", location = "nowhere" } } });
            made.Status.ShouldBe(HttpStatusCode.Created);
        }

        // The cache has 96 MiB.
        await ShouldHoldLessThanAsync(before + (128 * Megabyte));
    }

    private static long HeapAfterCollection()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>A thread that has ended is given up some collections later, and what the runtime kept for it with it.</summary>
    private static async Task ShouldHoldLessThanAsync(long bytes)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (HeapAfterCollection() > bytes)
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromMinutes(3), $"The heap is {HeapAfterCollection():N0} bytes.");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private async Task<HttpStatusCode> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var answer = await client.PostAsync("/v1/test-sessions/run", content);
        answer.Headers.RetryAfter.ShouldBe(
            answer.StatusCode is HttpStatusCode.ServiceUnavailable ? new RetryConditionHeaderValue(TimeSpan.FromSeconds(1)) : null);
        return answer.StatusCode;
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
