namespace Ledger.Runner.Tests.Fakes;

/// <summary>A ledger and a directory for one runner process after another.</summary>
internal sealed class Place : IAsyncDisposable
{
    private Place(FakeLedger ledger) => Ledger = ledger;

    public FakeLedger Ledger { get; }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("ledger-runner-tests-").FullName;

    public static async Task<Place> CreateAsync() => new(await FakeLedger.StartAsync());

    public string PathOf(string name) => Path.Combine(Directory, name);

    /// <summary>Starts a runner that has its key from a file, unless told otherwise.</summary>
    public async Task<RunnerProcess> StartRunnerAsync(
        string? arguments = null, string before = "", (string Name, string Value)? environment = null, string input = "")
    {
        await File.WriteAllTextAsync(PathOf("key"), FakeLedger.Key + "\n");
        return await RunnerProcess.StartAsync(Ledger, Directory, arguments ?? "--key-file key", before, environment, input);
    }

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await Eventually.ShouldAsync(IsDeleted, $"{Directory} can be deleted");
    }

    // A supervisor may still be writing down how its run ended.
    private bool IsDeleted()
    {
        try
        {
            System.IO.Directory.Delete(Directory, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return !System.IO.Directory.Exists(Directory);
        }
    }
}
