using Ledger.Runner.Bundles;
using Ledger.Runner.Wire;

namespace Ledger.Runner;

/// <summary>How this runner runs; see <see cref="CommandLine"/> for the defaults and the words on the command line.</summary>
internal sealed record RunnerOptions
{
    /// <summary>The root of the ledger.</summary>
    public required Uri Url { get; init; }

    /// <summary>An API key with the scope <c>runner</c>.</summary>
    public required string Key { get; init; }

    /// <summary>Why the key may have been seen by others before it got here; null if it may not.</summary>
    public string? KeyWarning { get; init; }

    /// <summary>This runner's name: ASCII, safe in a header and a path.</summary>
    public required string Id { get; init; }

    /// <summary>Where this runner stands.</summary>
    public required IReadOnlyList<string> Locations { get; init; }

    /// <summary>What it takes.</summary>
    public required IReadOnlyList<string> CheckTypes { get; init; }

    /// <summary>How many runs it executes at once.</summary>
    public required int Max { get; init; }

    /// <summary>How long a run may take to end by itself after SIGINT.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>How long a drain may take before what still runs is killed.</summary>
    public required TimeSpan DrainLimit { get; init; }

    /// <summary>Where commands run whose spec names no directory; relative directories begin here.</summary>
    public required string WorkDirectory { get; init; }

    /// <summary>Where the output of runs is kept, one file per run.</summary>
    public required string LogDirectory { get; init; }

    /// <summary>Where bundles are unpacked and what is installed for them is kept. For this user alone.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>auto</c>, or the name or path of the client of a container engine.</summary>
    public required string ContainerEngine { get; init; }

    /// <summary>The user that runs execute as; null for the runner's own.</summary>
    public UserAccount? RunAs { get; init; }

    /// <summary>Whether runs get a control group of their own, where that is allowed.</summary>
    public bool UsesControlGroups { get; init; } = true;

    /// <summary>How much a bundle may cost this machine.</summary>
    public BundleLimits Bundles { get; init; } = BundleLimits.Default;

    /// <summary>For how many cache keys installed dependencies are kept.</summary>
    public int KeptDependencies { get; init; } = 10;

    /// <summary>How long the ledger may hold a claim when nothing is queued.</summary>
    public TimeSpan ClaimWait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long reports may still be tried once everything was killed.</summary>
    public TimeSpan LastReportsLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How fast failed calls are repeated.</summary>
    public RetryTiming Retry { get; init; } = RetryTiming.Default;
}
