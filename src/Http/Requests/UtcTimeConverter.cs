namespace Ledger.Http.Requests;

/// <summary>
/// Times as <c>2026-08-18T10:53:07.123Z</c>; any ISO 8601 time is read, one without an offset as UTC (docs/dialects/common.md#answers).
/// </summary>
public sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String && TryParse(reader.GetString()!, out var time)
            ? time
            : throw new JsonException("Not an ISO 8601 time.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));

    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
        && text.Length >= 10 && text[4] == '-';
}
