using System.Globalization;
using System.Text.RegularExpressions;
using Ledger.Sessions;

namespace Ledger.Web.Shared;

/// <summary>What pages call things.</summary>
public static partial class Words
{
    public static string Of(SessionKind kind) => kind switch
    {
        SessionKind.Check => "Check",
        SessionKind.Test => "Test session",
        SessionKind.Run => "Plain run",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind without a word."),
    };

    public static string Of(SessionSource source) => source switch
    {
        SessionSource.CliDeploy => "deployed by the CLI",
        SessionSource.Deployment => "deployment",
        SessionSource.DeploymentCacheWarmer => "cache warm-up",
        SessionSource.Editor => "editor",
        SessionSource.GroupRunAll => "group run",
        SessionSource.LegacyTrigger => "trigger URL",
        SessionSource.Scheduler => "schedule",
        SessionSource.ScheduleNow => "by hand",
        SessionSource.TestNoRecord or SessionSource.TestRecord => "CLI test",
        SessionSource.TriggerNoRecord or SessionSource.TriggerRecord => "CLI trigger",
        SessionSource.TriggerApi => "API",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "A source without a word."),
    };

    /// <summary>Who or what asked: to be read after "cause:" and after "by".</summary>
    public static string Of(CancelCause cause) => cause switch
    {
        CancelCause.User => "a person",
        CancelCause.Superseded => "a newer session",
        CancelCause.FailFast => "another failure",
        CancelCause.Timeout => "a time limit",
        CancelCause.Shutdown => "a runner that shut down",
        CancelCause.System => "the platform",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "A cause without a word."),
    };

    /// <summary>Where it was asked: to be read after "through".</summary>
    public static string Of(CancelVia via) => via switch
    {
        CancelVia.Ui => "the web page",
        CancelVia.Cli => "the command line",
        CancelVia.Ledger => "Ledger's interface",
        CancelVia.Checkly => "Checkly's interface",
        CancelVia.Empirical => "Empirical's interface",
        CancelVia.Stably => "Stably's interface",
        CancelVia.TesterArmy => "TesterArmy's interface",
        _ => throw new ArgumentOutOfRangeException(nameof(via), via, "A way without a word."),
    };

    /// <summary>Whoever does something, as people know them.</summary>
    public static string Of(Actor actor) => actor.Name ?? (actor.Kind is ActorKind.System ? "Ledger" : actor.Id);

    /// <summary>A value as its name is spelt, where people need no other word: "Partly cancelled".</summary>
    public static string Spelt<T>(T value)
        where T : struct, Enum => Capital(Hump().Replace(value.ToString(), " $0").TrimStart().ToLowerInvariant());

    /// <summary>A word at the start of a sentence, of a cell or of a choice.</summary>
    public static string Capital(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];

    /// <summary>A whole number as people read it: "10,000".</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>So many of something: "1 run", "3 runs".</summary>
    public static string Many(long count, string one, string? several = null) =>
        $"{Number(count)} {(count == 1 ? one : several ?? one + "s")}";

    /// <summary>The start of a text that may be long; cut between characters as people see them.</summary>
    public static string Short(string text, int most, string ellipsis = "…")
    {
        if (text.Length <= most)
        {
            return text;
        }

        var cut = 0;
        var elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext() && elements.ElementIndex + elements.GetTextElement().Length <= most)
        {
            cut = elements.ElementIndex + elements.GetTextElement().Length;
        }

        return text[..cut] + ellipsis;
    }

    [GeneratedRegex("[A-Z]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hump();
}
