using Ledger.Http.Live;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Live;

public sealed class EventStreamTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_silent_stream_beats_and_ends_when_its_key_is_revoked()
    {
        var clock = new FakeClock();
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, clock: clock);
        var made = await ledger.Client.PostBodyAsync("/ledger/keys", new { name = "runner", scopes = new[] { "runner" } });
        using var client = ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
        using var response = await client.GetAsync("/ledger/runners/silent/signals", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        (await lines.ReadLineAsync()).ShouldBe(": connected");
        await lines.ReadLineAsync();

        var beat = lines.ReadLineAsync();
        await AdvanceUntilAsync(clock, beat, EventStream.Heartbeat / 10);
        (await beat).ShouldBe(": alive");
        await lines.ReadLineAsync();
        var revoking = ledger.Client.CallAsync(HttpMethod.Delete, $"/ledger/keys/{made.Body.GetProperty("keyId").GetString()}");
        await AdvanceUntilAsync(clock, revoking, ApiKeys.Trust / 10);

        (await lines.ReadToEndAsync()).Split('\n').Count(line => line == ": alive").ShouldBeLessThanOrEqualTo(1, "Only a beat from before the revocation.");
    }

    private static Task AdvanceUntilAsync(FakeClock clock, Task done, TimeSpan step) => Eventually.Become(
        () =>
        {
            clock.Advance(step);
            return done.IsCompleted;
        },
        expectation: "The clock brings it about.");
}
