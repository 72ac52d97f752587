using System.Net;
using System.Text.Json;
using Ledger.Http.AlertChannels.Sending;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;

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

    /// <summary>Has the host look again and again, though no time passes, until the channel's newest delivery is as awaited.</summary>
    internal Task<JsonElement> DeliveryAsync(string id, Func<JsonElement, bool> condition) => Eventually.Become(
        async () =>
        {
            Look();
            return (await Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Body.GetProperty("entries")[0];
        },
        condition);

    /// <summary>Has the host look for what is due.</summary>
    internal void Look() => Ledger.Services.GetRequiredService<DeliveryWorker>().Wake();

    internal Task<JsonElement> AfterAttemptsAsync(string id, int attempts) =>
        DeliveryAsync(id, delivery => delivery.GetProperty("attempts").GetArrayLength() == attempts);
}
