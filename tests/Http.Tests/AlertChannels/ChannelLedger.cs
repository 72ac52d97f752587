using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.AlertChannels;

/// <summary>A ledger with a clock to move, and a receiver; retries after 10 and after 60 seconds.</summary>
public sealed class ChannelLedger : IAsyncLifetime
{
    private readonly TestDatabase database = new();

    internal FakeClock Clock { get; } = new();

    internal RunningLedger Ledger { get; private set; } = null!;

    internal HttpClient Client => Ledger.Client;

    internal string ConnectionString => database.ConnectionString;

    internal static Dictionary<string, string?> Settings => new()
    {
        ["Ledger:Webhooks:AllowPrivateAddresses"] = "true",
        ["Ledger:Webhooks:RetrySeconds:0"] = "10",
        ["Ledger:Webhooks:RetrySeconds:1"] = "60",
        ["Ledger:Webhooks:AtOncePerReceiver"] = "2",
    };

    public async Task InitializeAsync() => Ledger = await RunningLedger.StartAsync(database.ConnectionString, Settings, Clock);

    public async Task DisposeAsync()
    {
        await Ledger.DisposeAsync();
        database.Dispose();
    }

    /// <summary>Makes a channel; its answer, with the secret.</summary>
    internal async Task<JsonElement> PutAsync(string id, Uri url, params string[] events)
    {
        var made = await Client.CallAsync(
            HttpMethod.Put, $"/ledger/alert-channels/{id}", new { url, events = events.Length == 0 ? ["alert.failure"] : events });
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body.ToString());
        return made.Body;
    }

    internal async Task<JsonElement> TestAsync(string id)
    {
        var sent = await Client.PostBodyAsync($"/ledger/alert-channels/{id}/test", null);
        sent.Status.ShouldBe(HttpStatusCode.Accepted, sent.Body.ToString());
        return sent.Body;
    }

    /// <summary>Has the host look again and again, though little time passes, until the channel's newest delivery is as awaited.</summary>
    internal Task<JsonElement> DeliveryAsync(string id, Func<JsonElement, bool> condition) => Eventually.Become(
        async () =>
        {
            await LookAsync();
            return (await Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Body.GetProperty("entries")[0];
        },
        condition);

    /// <summary>
    /// Has the host look at every message of a later try. Wolverine waits by the machine's clock, which no test moves; by the ledger's the
    /// handler knows what is not due yet.
    /// </summary>
    internal Task LookAsync() => ExecuteAsync("update wolverine.wolverine_incoming_envelopes set execution_time = now() where status = 'Scheduled'");

    internal async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    internal Task<JsonElement> AfterAttemptsAsync(string id, int attempts) =>
        DeliveryAsync(id, delivery => delivery.GetProperty("attempts").GetArrayLength() == attempts);
}
