using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Serialization;

/// <summary>Enums as strings, in camelCase unless a member names its published form; numbers are refused.</summary>
public sealed class CamelCaseEnumConverter() : JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
