using System.Text.Json.Serialization;
using Ledger.Http.Checks;

namespace Ledger.Http.Dialects.Checkly.Targets;

/// <summary>
/// Which checks a trigger means (wire.md 3.3). An absent filter lets all eligible checks through; an empty one none, for it says that the
/// caller had something in mind and found nothing.
/// </summary>
public record CheckTarget
{
    /// <summary>A passive type: it waits for a ping, there is nothing to run.</summary>
    private const string Heartbeat = "HEARTBEAT";

    /// <summary>Any of these groups.</summary>
    [JsonConverter(typeof(OneOrManyConverter<TagGroup>))]
    public IReadOnlyList<TagGroup>? MatchTags { get; init; }

    /// <summary>Any of these checks.</summary>
    [JsonConverter(typeof(OneOrManyConverter<Guid>))]
    public IReadOnlyList<Guid>? CheckId { get; init; }

    /// <summary>The checks that are meant, in their order.</summary>
    public IReadOnlyList<Check> SelectFrom(IEnumerable<Check> checks)
    {
        var ids = CheckId?.ToHashSet();
        return
        [
            .. checks.Where(check =>
                IsEligible(check)
                && ids?.Contains(check.Id) is not false
                && MatchTags?.Any(group => group.Matches(check.Tags)) is not false),
        ];
    }

    /// <summary>Whether a trigger may start it: activated and runnable.</summary>
    protected virtual bool IsEligible(Check check) => check.Activated && IsRunnable(check);

    protected static bool IsRunnable(Check check) => check.CheckType != Heartbeat;
}
