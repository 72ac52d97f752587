using System.Collections.Concurrent;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ledger.Http.Tests.Tracing;

public sealed class CollectorTests
{
    [Fact]
    public async Task A_collector_that_is_named_gets_the_requests_and_the_figures()
    {
        var received = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        await using var collector = await CollectorAsync(received);
        var address = collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var database = new TestDatabase();
        await using (var ledger = await RunningLedger.StartAsync(database.ConnectionString, new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "100",
        }))
        {
            await ledger.Client.TriggerAsync("collected");
            await Eventually.Become(() => Metrics().Contains("ledger.open.runs", StringComparison.Ordinal));
        }

        // What is gathered is sent when the host stops.
        received["/v1/traces"].ShouldContain("/ledger/sessions");
        Metrics().ShouldContain("ledger.events.appended");

        string Metrics() => received.GetValueOrDefault("/v1/metrics", "");
    }

    private static async Task<WebApplication> CollectorAsync(ConcurrentDictionary<string, string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/v1/{signal}", async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body, System.Text.Encoding.Latin1);
            var text = await reader.ReadToEndAsync();
            received.AddOrUpdate(context.Request.Path, text, (_, before) => before + text);
        });
        await app.StartAsync();
        return app;
    }
}
