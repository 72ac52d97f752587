using Ledger.Runner.Execution;
using Ledger.Runner.Folders;
using Ledger.Runner.Wire;

namespace Ledger.Runner.Bundles;

/// <summary>Brings a run's bundle from the ledger to the run's directory.</summary>
internal sealed class BundleDownload(RunnerOptions options, LedgerClient ledger, TimeProvider time)
{
    /// <summary>Fetches, checks and unpacks a bundle; repeats until the ledger answers.</summary>
    /// <exception cref="UnusableSpecException">It is not there, not what the spec says, or no safe archive.</exception>
    public async Task<Exit> FetchAsync(Bundle bundle, RunFolder folder, RunLog output, CancellationToken cancellationToken)
    {
        if (bundle.SizeBytes > options.Bundles.ArchiveBytes)
        {
            throw new UnusableSpecException(
                $"the bundle has {bundle.SizeBytes} bytes, and this runner takes {options.Bundles.ArchiveBytes} at most");
        }

        await DownloadAsync(bundle, folder.Archive, output, cancellationToken);
        var entries = await BundleArchive.UnpackAsync(folder.Archive, folder.Bundle, options.Bundles, cancellationToken);
        File.Delete(folder.Archive);
        output.Note($"bundle of {bundle.SizeBytes} bytes unpacked: {entries} entries");
        return Exit.Passed;
    }

    private async Task DownloadAsync(Bundle bundle, string file, RunLog output, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.Retry, time);
        while (true)
        {
            await using var target = Stored(() => new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None));
            var answer = await ledger.FetchBundleAsync(
                bundle.Key, piece => Stored(() => Write(target, piece)), bundle.SizeBytes, cancellationToken);
            switch (answer)
            {
                case { Outcome: Outcome.Accepted, Value: { } received }:
                    if (received.Sha256 != bundle.Sha256)
                    {
                        throw new UnusableSpecException("the bundle that the ledger has is not the one that the run names: its SHA-256 differs");
                    }

                    return;
                case { Outcome: Outcome.Unavailable }:
                    if (!backoff.IsFailing)
                    {
                        output.Note($"the bundle cannot be fetched yet: {answer.Problem}");
                    }

                    await backoff.WaitAsync(answer.RetryAfter, cancellationToken);
                    break;
                default:
                    throw new UnusableSpecException($"the bundle cannot be fetched: {answer.Problem}");
            }
        }
    }

    private static ValueTask Write(FileStream target, ReadOnlyMemory<byte> piece)
    {
        target.Write(piece.Span);
        return ValueTask.CompletedTask;
    }

    // What goes wrong here goes wrong on this machine: asking the ledger again would not help.
    private static T Stored<T>(Func<T> store)
    {
        try
        {
            return store();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableSpecException($"the bundle cannot be stored: {e.Message}");
        }
    }
}
