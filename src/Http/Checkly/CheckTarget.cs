namespace Ledger.Http.Checkly;

/// <summary>
/// Which checks a trigger means. An absent filter lets all eligible checks through; an empty one none, for it says that the
/// caller had something in mind and found nothing.
/// </summary>
public record CheckTarget
{
    /// <summary>Any of these groups of tags: a check must have all tags of it, and none that is written with a <c>!</c> before it.</summary>
    [JsonConverter(typeof(TagGroupsConverter))]
    public IReadOnlyList<IReadOnlyList<string>>? MatchTags { get; init; }

    /// <summary>Any of these checks.</summary>
    [JsonConverter(typeof(OneOrManyConverter<Guid>))]
    public IReadOnlyList<Guid>? CheckId { get; init; }

    /// <summary>The checks that are meant, in their order.</summary>
    public IReadOnlyList<CheckSummary> SelectFrom(IEnumerable<CheckSummary> checks)
    {
        var ids = CheckId?.ToHashSet();
        return
        [
            .. checks.Where(check =>
                IsEligible(check)
                && ids?.Contains(check.Id) is not false
                && MatchTags?.Any(group => Matches(group, check.Tags)) is not false),
        ];
    }

    /// <summary>The checks of the account that are meant.</summary>
    public async Task<IReadOnlyList<Check>> SelectAsync(IQuerySession documents, CancellationToken cancellation) =>
        await documents.WholeChecksAsync(SelectFrom(await documents.ChecksAsync(cancellation)).Select(check => check.Id), cancellation);

    /// <summary>The checks of the account that are meant: at least one.</summary>
    /// <exception cref="RequestRejected">404 when none is meant.</exception>
    public async Task<IReadOnlyList<Check>> RequireAsync(IQuerySession documents, CancellationToken cancellation) =>
        await SelectAsync(documents, cancellation) is { Count: > 0 } selected
            ? selected
            : throw RequestRejected.NotFound("No matching checks were found.");

    /// <summary>Whether a trigger may start it: activated and runnable.</summary>
    protected virtual bool IsEligible(CheckSummary check) => check.WhyNotStartable is null;

    /// <summary>A group without tags means no check, so that no accident starts everything.</summary>
    private static bool Matches(IReadOnlyList<string> group, IReadOnlyCollection<string> tags) =>
        group.Count > 0 && group.All(tag => tag.StartsWith('!') ? !tags.Contains(tag[1..]) : tags.Contains(tag));
}

/// <summary>Which checks a test session executes.</summary>
public sealed record TestTarget : CheckTarget
{
    /// <summary>Whether deactivated checks are eligible too.</summary>
    public bool AllowDeactivated { get; init; }

    protected override bool IsEligible(CheckSummary check) => (check.Activated || AllowDeactivated) && check.IsRunnable;
}

/// <summary>
/// An array, or a single item in its place. Null is refused, as a list and as an item: taken for an absent filter it would
/// start everything.
/// </summary>
public class OneOrManyConverter<T> : JsonConverter<IReadOnlyList<T>>
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

    protected virtual T? Parse(ref Utf8JsonReader reader, JsonSerializerOptions options) => JsonSerializer.Deserialize<T>(ref reader, options);

    private T ReadItem(ref Utf8JsonReader reader, JsonSerializerOptions options)
    {
        try
        {
            return Parse(ref reader, options) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            // Its path begins at the item. One without a path gets that of the member, which the answer is to name.
            throw new JsonException();
        }
    }
}

/// <summary>The same, where null is the same as absent.</summary>
public sealed class OneOrManyOrNoneConverter<T> : OneOrManyConverter<T>
    where T : notnull
{
    public override bool HandleNull => false;
}

/// <summary>Groups of tags, each of which may be a single tag.</summary>
public sealed class TagGroupsConverter : OneOrManyConverter<IReadOnlyList<string>>
{
    private static readonly OneOrManyConverter<string> Tags = new();

    protected override IReadOnlyList<string> Parse(ref Utf8JsonReader reader, JsonSerializerOptions options) =>
        Tags.Read(ref reader, typeof(IReadOnlyList<string>), options);
}
