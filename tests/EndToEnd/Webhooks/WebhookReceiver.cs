using System.Globalization;
using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Webhooks;

/// <summary>A receiver under Node that verifies with the convention's own library.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private const string Listening = "listening on ";

    private readonly ChildProcess process;

    private WebhookReceiver(ChildProcess process, int port)
    {
        this.process = process;
        Port = port;
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}/hook";

    /// <summary>What came, in order.</summary>
    public IReadOnlyList<ReceivedWebhook> All =>
    [
        .. process.Output.Where(line => line.StartsWith('{')).Select(line => JsonSerializer.Deserialize<JsonElement>(line)).Select(got =>
            new ReceivedWebhook(
                got.GetProperty("id").GetString()!,
                [.. got.GetProperty("verified").EnumerateArray().Select(each => each.GetBoolean())],
                got.GetProperty("forged").GetBoolean(),
                got.GetProperty("body").GetString()!)),
    ];

    /// <summary>Starts one that verifies with these secrets, and answers the nth webhook with the nth answer.</summary>
    public static async Task<WebhookReceiver> StartAsync(string folder, string secrets, string answers)
    {
        var process = ChildProcess.Start("node", ["receiver.cjs", secrets, answers], folder);
        var line = await Eventually.Become(
            () => Task.FromResult(process.Output.FirstOrDefault(line => line.StartsWith(Listening, StringComparison.Ordinal))),
            line => line is not null);
        return new WebhookReceiver(process, int.Parse(line![Listening.Length..], CultureInfo.InvariantCulture));
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();
}

/// <summary>A webhook as the receiver saw it.</summary>
/// <param name="Id">The header <c>webhook-id</c>.</param>
/// <param name="Verified">Whether the signature is genuine, by each secret.</param>
/// <param name="Forged">Whether it is for another body, too.</param>
/// <param name="Body">The body.</param>
internal sealed record ReceivedWebhook(string Id, IReadOnlyList<bool> Verified, bool Forged, string Body);
