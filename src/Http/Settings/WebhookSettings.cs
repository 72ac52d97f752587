namespace Ledger.Http.Settings;

/// <summary>How alerts are sent to webhooks (docs/webhooks.md).</summary>
public sealed class WebhookSettings
{
    private const int LongestPause = 7 * 24 * 60 * 60;

    /// <summary>The pauses that the Standard Webhooks convention suggests.</summary>
    private static readonly int[] SuggestedPauses = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

    /// <summary>Whether webhooks may go to addresses that are not public, such as this machine's own.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>How long a receiver may take for its answer.</summary>
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>The pauses between the attempts, in seconds; after as many, the attempt is the last one. The convention's when absent.</summary>
    public int[] RetrySeconds { get; set; } = [];

    /// <summary>Webhooks that this host sends at once.</summary>
    public int AtOnce { get; set; } = 64;

    /// <summary>Webhooks that this host sends to one receiver at once.</summary>
    public int AtOncePerReceiver { get; set; } = 4;

    /// <summary>How long it is told what was sent, and how each try went.</summary>
    public int KeepDays { get; set; } = 90;

    public TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);

    public IReadOnlyList<TimeSpan> Pauses =>
        [.. (RetrySeconds.Length == 0 ? SuggestedPauses : RetrySeconds).Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>What is wrong with the settings, in one sentence; null when nothing is.</summary>
    public string? Fault() => this switch
    {
        { TimeoutSeconds: < 1 or > 60 } => "Ledger:Webhooks:TimeoutSeconds must be between 1 and 60.",
        { RetrySeconds.Length: > 50 } => "Ledger:Webhooks:RetrySeconds must have at most 50 pauses.",
        _ when RetrySeconds.Any(seconds => seconds is < 0 or > LongestPause) =>
            $"Ledger:Webhooks:RetrySeconds must be between 0 and {LongestPause}.",
        { AtOnce: < 1 or > 1_000 } => "Ledger:Webhooks:AtOnce must be between 1 and 1000.",
        { AtOncePerReceiver: < 1 or > 1_000 } => "Ledger:Webhooks:AtOncePerReceiver must be between 1 and 1000.",
        { KeepDays: < 1 or > 36_500 } => "Ledger:Webhooks:KeepDays must be between 1 and 36500.",
        _ => null,
    };
}
