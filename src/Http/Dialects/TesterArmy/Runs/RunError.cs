using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>Why a run failed to come to a verdict. The codes are the ledger's own.</summary>
public sealed record RunError(string Code, string Message)
{
    private const string Timeout = "TIMEOUT";
    private const string RunnerLost = "RUNNER_LOST";
    private const string ExecutionError = "EXECUTION_ERROR";

    public static RunError Of(Run run)
    {
        var details = run.Final?.Details;
        var message = details.Text("message");
        return run.State switch
        {
            RunState.Lost => new RunError(RunnerLost, "The runner that executed the run was lost."),
            RunState.TimedOut => new RunError(Timeout, "The run exceeded its time limit."),
            _ when details.Member("timedOut") is { ValueKind: JsonValueKind.True } =>
                new RunError(Timeout, message ?? "The run exceeded its time limit."),
            _ => new RunError(ExecutionError, message ?? "The run could not be executed."),
        };
    }
}
