using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Ledger.Store;

/// <summary>
/// What a run is to execute, where that is too large for an event: scripts and the like are for one runner, and an event is read by every model,
/// cached by every host and shown to everybody who looks. It is kept apart, compressed, in one commit with the event.
/// </summary>
/// <param name="Stream">The session.</param>
/// <param name="Ordinal">The run's place in it, from 0.</param>
/// <param name="Compressed">gzip of the JSON.</param>
public sealed record LargeSpec(StreamId Stream, int Ordinal, byte[] Compressed)
{
    // In bytes of JSON: of one spec, and of all in one event, beyond which only tiny ones stay in it.
    private const int Large = 16 * 1024;
    private const int LargeTogether = 1024 * 1024;
    private const int Tiny = 512;

    /// <summary>An event with the small specs alone, and the others.</summary>
    public static (SessionTriggered Triggered, IReadOnlyList<LargeSpec> Apart) Split(SessionTriggered triggered)
    {
        var most = triggered.Runs.Sum(run => (long)JsonSize.OfText(run.Spec)) > LargeTogether ? Tiny : Large;
        var stream = new StreamId(triggered.AccountId, triggered.SessionId);
        List<LargeSpec> apart =
        [
            .. triggered.Runs.Index()
                .Where(run => JsonSize.OfText(run.Item.Spec) > most)
                .Select(run => new LargeSpec(stream, run.Index, Compress(run.Item.Spec!.Value))),
        ];
        if (apart.Count == 0)
        {
            return (triggered, apart);
        }

        var runs = triggered.Runs.ToArray();
        apart.ForEach(spec => runs[spec.Ordinal] = runs[spec.Ordinal].WithSpecApart());
        return (triggered with { Runs = runs }, apart);
    }

    /// <summary>What was compressed.</summary>
    public static JsonElement Read(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var json = new MemoryStream();
        gzip.CopyTo(json);
        return JsonSerializer.Deserialize<JsonElement>(json.GetBuffer().AsSpan(0, (int)json.Length));
    }

    private static byte[] Compress(JsonElement spec)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(JsonMarshal.GetRawUtf8Value(spec));
        }

        return compressed.ToArray();
    }
}
