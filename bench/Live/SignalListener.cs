namespace Ledger.Bench.Live;

/// <summary>A runner's open signal stream.</summary>
internal sealed class SignalListener(HttpResponseMessage response, StreamReader lines) : IDisposable
{
    /// <summary>Ends when the stream is open.</summary>
    public static async Task<SignalListener> OpenAsync(HostProcess host, string runner)
    {
        var response = await host.Client.GetAsync($"/ledger/runners/{runner}/signals", HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        await lines.ReadLineAsync();
        return new SignalListener(response, lines);
    }

    /// <summary>Calls back with every cancel.</summary>
    public async Task ReadAsync(Action arrived)
    {
        try
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                if (line == "event: cancel")
                {
                    arrived();
                }
            }
        }
        catch (Exception over) when (over is IOException or ObjectDisposedException or HttpRequestException)
        {
            // The measurement is over.
        }
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}
