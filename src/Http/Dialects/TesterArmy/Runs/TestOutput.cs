using System.Text.Json.Serialization;
using Ledger.Sessions;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>What a completed run came to (wire.md 8.2).</summary>
/// <param name="FeatureName">What was tested.</param>
/// <param name="Result">The verdict.</param>
/// <param name="Description">One sentence about it.</param>
/// <param name="Screenshots">The ledger keeps none.</param>
/// <param name="Steps">The tests of the run, as far as its runner reported them; those that never started are left out.</param>
public sealed record TestOutput(
    string FeatureName, TestVerdict Result, string Description, IReadOnlyList<string> Screenshots, IReadOnlyList<TestOutputStep> Steps)
{
    public static TestOutput Of(Session session, Run run)
    {
        var steps = TestCase.Of(run).Where(test => test.Status is not TestCaseStatus.Skipped).Select(TestOutputStep.Of).ToList();
        var verdict = run.State is RunState.Failed ? TestVerdict.Failed : TestVerdict.Pass;
        return new TestOutput(session.Name, verdict, Describe(verdict, steps), [], steps);
    }

    private static string Describe(TestVerdict verdict, List<TestOutputStep> steps) => (verdict, steps) switch
    {
        (_, { Count: > 0 }) => $"{steps.Count(step => step.Status is TestStepStatus.Passed)} of {steps.Count} tests passed.",
        (TestVerdict.Pass, _) => "The run passed.",
        _ => "The run failed.",
    };
}

/// <summary>The verdict.</summary>
public enum TestVerdict
{
    [JsonStringEnumMemberName("PASS")] Pass,

    [JsonStringEnumMemberName("FAILED")] Failed,
}

/// <summary>One test of a run.</summary>
public sealed record TestOutputStep(int StepIndex, string Title, TestStepStatus Status, string? Error)
{
    public static TestOutputStep Of(TestCase test, int index) => new(
        index,
        test.Title,
        test.Status is TestCaseStatus.Passed or TestCaseStatus.Flaky ? TestStepStatus.Passed : TestStepStatus.Failed,
        test.Errors.Count > 0 ? test.Errors[^1] : null);
}

/// <summary>How a test ended.</summary>
public enum TestStepStatus
{
    Passed,
    Failed,
}
