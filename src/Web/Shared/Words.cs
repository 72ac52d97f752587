using Ledger.Sessions;

namespace Ledger.Web.Shared;

/// <summary>What pages call things.</summary>
public static class Words
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
        SessionSource.ScheduleNow => "schedule now",
        SessionSource.TestNoRecord or SessionSource.TestRecord => "CLI test",
        SessionSource.TriggerNoRecord or SessionSource.TriggerRecord => "CLI trigger",
        SessionSource.TriggerApi => "API",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "A source without a word."),
    };

    public static string Of(CancelCause cause) => cause switch
    {
        CancelCause.User => "a person asked",
        CancelCause.Superseded => "superseded by a newer session",
        CancelCause.FailFast => "another part failed",
        CancelCause.Timeout => "a limit was exceeded",
        CancelCause.Shutdown => "the runner shut down",
        CancelCause.System => "the platform",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "A cause without a word."),
    };

    public static string Of(CancelVia via) => via switch
    {
        CancelVia.Ui => "web page",
        CancelVia.Cli => "command line",
        CancelVia.Ledger => "Ledger's interface",
        CancelVia.Checkly => "Checkly's interface",
        CancelVia.Empirical => "Empirical's interface",
        CancelVia.Stably => "Stably's interface",
        CancelVia.TesterArmy => "TesterArmy's interface",
        _ => throw new ArgumentOutOfRangeException(nameof(via), via, "A way without a word."),
    };

    /// <summary>Whoever does something, as people know them.</summary>
    public static string Of(Actor actor) => actor.Name ?? (actor.Kind is ActorKind.System ? "Ledger" : actor.Id);

    /// <summary>The start of a text that may be long; cut between characters as people see them.</summary>
    public static string Short(string text, int most, string ellipsis = "…")
    {
        if (text.Length <= most)
        {
            return text;
        }

        var cut = 0;
        var elements = System.Globalization.StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext() && elements.ElementIndex + elements.GetTextElement().Length <= most)
        {
            cut = elements.ElementIndex + elements.GetTextElement().Length;
        }

        return text[..cut] + ellipsis;
    }
}
