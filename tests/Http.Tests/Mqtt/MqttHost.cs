using System.Collections.Concurrent;
using System.Text;
using Ledger.Http.Mqtt;
using Ledger.Http.Mqtt.Connections;
using Ledger.Http.Mqtt.Packets;
using Ledger.Http.Mqtt.Topics;
using Ledger.Http.Settings;
using Ledger.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ledger.Http.Tests.Mqtt;

/// <summary>The protocol on a port of its own, with nothing of the ledger behind it.</summary>
internal sealed class MqttHost : IAsyncDisposable
{
    public const string User = "alice";
    public const string Password = "secret";

    private readonly WebApplication app;

    private MqttHost(WebApplication app, Uri address, FakeClock clock, FakeApplication application)
    {
        this.app = app;
        Address = address;
        Clock = clock;
        Application = application;
    }

    public Uri Address { get; }

    public FakeClock Clock { get; }

    public FakeApplication Application { get; }

    public static async Task<MqttHost> StartAsync()
    {
        var clock = new FakeClock();
        var application = new FakeApplication();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton<IMqttApplication>(application);
        builder.Services.AddSingleton(new LedgerSettings());
        builder.Services.AddSingleton<MqttServer>();
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(context => app.Services.GetRequiredService<MqttServer>().ServeAsync(context));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new MqttHost(app, new Uri(address), clock, application);
    }

    public Task<MqttTestClient> OpenAsync(int frameSize = int.MaxValue) => MqttTestClient.OpenAsync(Address, frameSize: frameSize);

    public Task<MqttTestClient> ConnectAsync(string? clientId = null, int keepAlive = 60, string user = User) =>
        MqttTestClient.ConnectAsync(Address, user, Password, clientId, keepAlive);

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}

/// <summary>Lets in whoever knows the password, and publishes under <c>news/</c>.</summary>
internal sealed class FakeApplication : IMqttApplication
{
    private readonly ConcurrentDictionary<object, (TopicFilter Filter, Outbox Outbox)> subscribers = new();

    public bool IsWelcome { get; set; } = true;

    public int Subscribers => subscribers.Count;

    public Task<Admission> AdmitAsync(string? userName, byte[]? password, CancellationToken cancellation) => Task.FromResult(
        userName is not null && password is not null && Encoding.UTF8.GetString(password) == MqttHost.Password
            ? Admission.Of(new Client(this, userName))
            : Admission.Refused(ConnectCode.NotAuthorized));

    public void Publish(string topic, ReadOnlySpan<byte> payload)
    {
        var packet = PacketWriter.Publish(topic, payload);
        foreach (var (filter, outbox) in subscribers.Values.Where(subscriber => subscriber.Filter.Matches(topic)))
        {
            outbox.Offer(packet);
        }
    }

    private sealed class Client(FakeApplication application, string realm) : IMqttClient
    {
        public string Realm => realm;

        public Task<bool> IsWelcomeAsync(CancellationToken cancellation) => Task.FromResult(application.IsWelcome);

        public Func<Outbox, IDisposable>? Grant(TopicFilter filter) => filter.Levels[0] == "news"
            ? outbox => new Subscription(application, filter, outbox)
            : null;
    }

    private sealed class Subscription : IDisposable
    {
        private readonly FakeApplication application;

        public Subscription(FakeApplication application, TopicFilter filter, Outbox outbox)
        {
            this.application = application;
            application.subscribers[this] = (filter, outbox);
        }

        public void Dispose() => application.subscribers.TryRemove(this, out _);
    }
}
