namespace Ledger.Http.Mqtt.Topics;

/// <summary>
/// Which topics a client asks for: levels parted by <c>/</c>, of which <c>+</c> stands for any one, and <c>#</c>, as the last, for the
/// level before it and whatever is below (MQTT 3.1.1, 4.7).
/// </summary>
public sealed class TopicFilter
{
    public const string AnyLevel = "+";
    public const string AnythingBelow = "#";

    private const char Separator = '/';

    // No filter needs more, and each is matched level by level.
    private const int MaximumLevels = 32;

    private TopicFilter(string text, string[] levels)
    {
        Text = text;
        Levels = levels;
    }

    /// <summary>As it was written. Two filters are the same when their texts are (MQTT-3.8.4-3).</summary>
    public string Text { get; }

    public IReadOnlyList<string> Levels { get; }

    /// <summary>The filter, or null for a text that is none.</summary>
    public static TopicFilter? TryParse(string text)
    {
        var levels = text.Split(Separator, MaximumLevels + 1);
        if (text.Length == 0 || levels.Length > MaximumLevels)
        {
            return null;
        }

        for (var i = 0; i < levels.Length; i++)
        {
            var isWildcard = levels[i] == AnyLevel || (levels[i] == AnythingBelow && i == levels.Length - 1);
            if (!isWildcard && levels[i].AsSpan().ContainsAny('+', '#'))
            {
                return null;
            }
        }

        return new TopicFilter(text, levels);
    }

    /// <summary>Whether messages can be sent to it: not empty, without wildcards.</summary>
    public static bool IsTopicName(string text) => text.Length > 0 && !text.AsSpan().ContainsAny('+', '#');

    /// <summary>
    /// Whether it covers a topic. Wildcards at the beginning leave out topics that begin with <c>$</c> (MQTT-4.7.2-1).
    /// </summary>
    public bool Matches(ReadOnlySpan<char> topic)
    {
        if (topic.StartsWith('$') && Levels[0] is AnyLevel or AnythingBelow)
        {
            return false;
        }

        var at = 0;
        foreach (var part in topic.Split(Separator))
        {
            if (at == Levels.Count)
            {
                return false;
            }

            if (Levels[at] is AnythingBelow)
            {
                return true;
            }

            if (Levels[at] is not AnyLevel && !topic[part].SequenceEqual(Levels[at]))
            {
                return false;
            }

            at++;
        }

        // "a/#" covers "a" itself as well.
        return at == Levels.Count || (at == Levels.Count - 1 && Levels[at] is AnythingBelow);
    }

    public override string ToString() => Text;
}
