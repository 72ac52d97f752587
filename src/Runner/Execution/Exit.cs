using Ledger.Runner.Wire;

namespace Ledger.Runner.Execution;

/// <summary>What something came to that ended by itself.</summary>
internal sealed record Exit
{
    /// <summary>Nothing is wrong, and there is nothing more to say.</summary>
    public static Exit Passed { get; } = new();

    /// <summary>What was tested failed.</summary>
    public bool HasFailures { get; init; }

    /// <summary>It could not be tested.</summary>
    public bool HasErrors { get; init; }

    /// <summary>The network is to blame.</summary>
    public bool IsNetworkError { get; init; }

    /// <summary>The exit code of a command.</summary>
    public int? Code { get; init; }

    /// <summary>One sentence for people, when the rest does not say it all.</summary>
    public string? Message { get; init; }

    /// <summary>How long what was measured took; null if that is all of it.</summary>
    public TimeSpan? ResponseTime { get; init; }

    /// <summary>The request and what came of it.</summary>
    public ApiDetails? Api { get; init; }

    /// <summary>Whether another try could help.</summary>
    public bool IsFailed => HasFailures || HasErrors;

    /// <summary>A command that ended.</summary>
    public static Exit Of(int code) => new() { Code = code, HasFailures = code != 0 };

    /// <summary>It could not be tested.</summary>
    public Exit AsError(string message) => this with { HasFailures = false, HasErrors = true, Message = message };
}
