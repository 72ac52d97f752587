using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Http.Dialects.Checkly.Targets;

/// <summary>Tags of which a check must have all; one that begins with <c>!</c> it must not have (wire.md 3.3).</summary>
[JsonConverter(typeof(TagGroupConverter))]
public sealed record TagGroup(IReadOnlyList<string> Tags)
{
    /// <summary>Whether a check with these tags is meant. A group without tags means none, so that no accident starts everything.</summary>
    public bool Matches(IReadOnlyCollection<string> tags) =>
        Tags.Count > 0 && Tags.All(tag => tag.StartsWith('!') ? !tags.Contains(tag[1..]) : tags.Contains(tag));

    private sealed class TagGroupConverter : JsonConverter<TagGroup>
    {
        private static readonly OneOrManyConverter<string> Tags = new();

        public override bool HandleNull => true;

        public override TagGroup Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(Tags.Read(ref reader, typeof(IReadOnlyList<string>), options));

        public override void Write(Utf8JsonWriter writer, TagGroup value, JsonSerializerOptions options) =>
            Tags.Write(writer, value.Tags, options);
    }
}
