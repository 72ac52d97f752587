using System.Text.Json;
using Ledger.Http.Dialects.Checkly.TestSessions;
using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Checkly.Scheduling;

/// <summary>The facts that are kept with a session that the command line scheduled (domain.md, SessionTriggered).</summary>
public static class SuiteMetadata
{
    /// <summary>The suite whose results the command line waits for, in lower case: by this MQTT finds the session (wire.md 4.4).</summary>
    public const string CheckRunSuiteId = "checkRunSuiteId";

    /// <summary>Kept when the command line asked for log lines.</summary>
    private const string StreamLogs = "streamLogs";

    /// <summary>The facts under the names that lists read, and the origin of the request.</summary>
    /// <exception cref="RequestRejected">400 for facts about a repository that are not of their form.</exception>
    public static JsonElement? Of(
        HttpRequest http, TestSessionMetadata? repoInfo, string? environment, Guid? checkRunSuiteId, bool streamLogs = false)
    {
        var metadata = (repoInfo ?? new TestSessionMetadata()) with { Environment = environment is "" ? null : environment };
        metadata.Validate("repoInfo");
        var facts = metadata.ToJson();
        facts[TestSessionProvider.Member] = metadata.ReportsToGithub ? TestSessionProvider.Github : TestSessionProvider.Trigger;
        if (checkRunSuiteId is { } suite)
        {
            facts[CheckRunSuiteId] = suite.ToString();
        }

        if (streamLogs)
        {
            facts[StreamLogs] = true;
        }

        return TriggerMetadata.Of(http, facts);
    }
}
