using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Runner.TestReports;

namespace Ledger.Runner.Wire;

/// <summary>The JSON of the native interface: camelCase, absent instead of null, unknown members of answers ignored.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClaimRequest))]
[JsonSerializable(typeof(ClaimAnswer))]
[JsonSerializable(typeof(CancelSignal))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(Acknowledgement))]
[JsonSerializable(typeof(AbortReport))]
[JsonSerializable(typeof(ResultReport))]
[JsonSerializable(typeof(ShutdownCancel))]
[JsonSerializable(typeof(CancelAccepted))]
[JsonSerializable(typeof(TestCase))]
internal sealed partial class LedgerJson : JsonSerializerContext;
