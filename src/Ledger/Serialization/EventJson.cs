using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Serialization;

/// <summary>Writes and reads events as JSON: camelCase, enums as strings, times in UTC (docs/domain.md#events).</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UseStringEnumConverter = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(CamelCaseEnumConverter)])]
[JsonSerializable(typeof(SessionTriggered))]
[JsonSerializable(typeof(RunClaimed))]
[JsonSerializable(typeof(RunStarted))]
[JsonSerializable(typeof(CancelRequested))]
[JsonSerializable(typeof(CancelRefused))]
[JsonSerializable(typeof(CancelDelivered))]
[JsonSerializable(typeof(CancelAcknowledged))]
[JsonSerializable(typeof(RunAborted))]
[JsonSerializable(typeof(ResultReported))]
[JsonSerializable(typeof(CancelExpired))]
[JsonSerializable(typeof(RunTimedOut))]
[JsonSerializable(typeof(RunRequeued))]
[JsonSerializable(typeof(RunLost))]
[JsonSerializable(typeof(LateReport))]
public sealed partial class EventJson : JsonSerializerContext;
