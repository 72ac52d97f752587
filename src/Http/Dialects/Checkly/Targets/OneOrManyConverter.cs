using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Http.Dialects.Checkly.Targets;

/// <summary>
/// An array, or a single item in its place (wire.md 3.3). Null is refused, as a list and as an item: taken for an absent filter it would
/// start everything.
/// </summary>
public sealed class OneOrManyConverter<T> : JsonConverter<IReadOnlyList<T>>
    where T : notnull
{
    public override bool HandleNull => true;

    public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            return [ReadItem(ref reader, options)];
        }

        var items = new List<T>();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            items.Add(ReadItem(ref reader, options));
        }

        return items;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.ToArray(), options);

    private static T ReadItem(ref Utf8JsonReader reader, JsonSerializerOptions options)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(ref reader, options) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            // Its path begins at the item. One without a path gets that of the member, which the answer is to name.
            throw new JsonException();
        }
    }
}
