using System.Text.Json;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Empirical.TestRuns;

/// <summary>
/// What this dialect shows of a session's metadata. The session may have been triggered in another dialect, so that nothing of it need be
/// there or be of the form that is expected.
/// </summary>
public readonly struct TestRunFacts(JsonElement? metadata)
{
    /// <summary>The names under which the session list finds them (wire.md 3.6).</summary>
    public const string BranchName = "branchName";

    /// <inheritdoc cref="BranchName"/>
    public const string CommitId = "commitId";

    /// <summary>The slug of the environment.</summary>
    public string? Environment => metadata.Text("environment");

    /// <summary>The branch of the tests, or else of the build that is tested.</summary>
    public string? Branch => metadata.Text(BranchName);

    /// <summary>Where the build is served.</summary>
    public string? BuildUrl => Build.Text("url");

    /// <summary>The branch that was built.</summary>
    public string? BuildBranch => Build.Text("branch");

    /// <summary>The commit that was built.</summary>
    public string? Commit => metadata.Text(CommitId);

    /// <summary>The test cases that the trigger asked for; null when it asked for all.</summary>
    public IReadOnlyList<JsonElement>? TestCaseIds =>
        metadata.Member("test_case_ids") is { ValueKind: JsonValueKind.Array } ids ? [.. ids.EnumerateArray()] : null;

    private JsonElement? Build => metadata.Member("build");
}
