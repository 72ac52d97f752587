using Ledger.Sessions;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// The topics of a suite: <c>account/{accountId}/ad-hoc-check-results/{checkRunSuiteId}/{sequenceId}/{checkRunId}/{subtopic}</c>.
/// Uuids are written in lower case, and read in either.
/// </summary>
public static class ResultTopic
{
    public const string RunStart = "run-start";
    public const string Result = "result";
    public const string Error = "error";

    private const string AnythingBelow = "#";
    private const string Account = "account";
    private const string Results = "ad-hoc-check-results";
    private const int OfSuite = 4;
    private const int OfMessage = 7;

    /// <summary>
    /// The topic of a message about a run. The check run's id is the one that the client gave it (<c>sourceInfo.checkRunId</c>); a run that was
    /// given none has its sequence id there once more.
    /// </summary>
    public static string Of(SuiteKey suite, Run run, string subtopic) =>
        $"{OfSuiteAlone(suite)}/{run.SequenceId}/{JobSpec.CheckRunIdOf(run) ?? run.SequenceId}/{subtopic}";

    /// <summary>
    /// The suite that a filter is about, and the filter as topics are written. Null unless it names one suite of the account and can match
    /// a message: <c>+/+/+</c> after the suite, <c>#</c>, or anything narrower.
    /// </summary>
    public static (SuiteKey Suite, string Filter)? Read(string filter, Guid accountId)
    {
        // No filter of a suite has more levels, and none is looked at further.
        var levels = filter.Split('/', OfMessage + 2);
        var isOfMessages = levels.Length == OfMessage || (levels.Length is > OfSuite and <= OfMessage + 1 && levels[^1] is AnythingBelow);
        if (!isOfMessages
            || levels[0] != Account
            || !Guid.TryParseExact(levels[1], "D", out var account)
            || account != accountId
            || levels[2] != Results
            || !Guid.TryParseExact(levels[3], "D", out var suiteId)
            || levels[OfSuite..].Any(level => level.Length > 1 && level.AsSpan().ContainsAny('+', '#'))
            || levels[OfSuite..^1].Contains(AnythingBelow))
        {
            return null;
        }

        var suite = new SuiteKey(account, suiteId);
        return (suite, $"{OfSuiteAlone(suite)}/{string.Join('/', levels[OfSuite..])}");
    }

    private static string OfSuiteAlone(SuiteKey suite) => $"{Account}/{suite.AccountId}/{Results}/{suite.SuiteId}";
}
