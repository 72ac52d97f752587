using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Projections.Cancellations;

namespace Ledger.Http.Audit;

/// <summary>A line of JSON for each request: the same entry as on a page.</summary>
public sealed class NdjsonExport : CancelFormat
{
    public const string ContentType = "application/x-ndjson";

    public override string FullContentType => ContentType;

    public override string FileName => "cancels.ndjson";

    public override void WriteHeader(PipeWriter output)
    {
        // There is none.
    }

    public override IEnumerable<Action<PipeWriter>> LinesOf(CancelEntry entry)
    {
        yield return output =>
        {
            using (var json = new Utf8JsonWriter(output))
            {
                JsonSerializer.Serialize(json, entry, Json.Options);
            }

            output.Write("\n"u8);
        };
    }
}
