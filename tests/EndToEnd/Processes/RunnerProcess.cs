namespace Ledger.EndToEnd.Processes;

/// <summary>The supplied runner in a process of its own.</summary>
internal sealed class RunnerProcess : IAsyncDisposable
{
    private readonly ChildProcess process;

    private RunnerProcess(ChildProcess process) => this.process = process;

    public IReadOnlyCollection<string> Output => process.Output;

    public static RunnerProcess Start(LedgerProcess ledger, string location, string workingDirectory) =>
        Start(ledger, ledger.Place.ApiKey, location, workingDirectory);

    public static RunnerProcess Start(LedgerProcess ledger, string apiKey, string location, string workingDirectory) => new(ChildProcess.StartDotnet(
        "Ledger.Runner.dll",
        ["--url", ledger.Address.ToString(), "--key", apiKey, "--location", location, "--id", $"runner-{location}"],
        workingDirectory,
        new Dictionary<string, string>(StringComparer.Ordinal)));

    public Task<int> TerminateAsync() => process.TerminateAsync();

    public Task KillAsync() => process.KillAsync();

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
