using Ledger.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Tests.Embedded;

/// <summary>A running server that no host owns: what is left when a host is killed.</summary>
internal static class Orphan
{
    internal static async Task<RunningServer> LeaveAsync(EmbeddedPostgresOptions options)
    {
        var folder = new ClusterFolder(options.DataDirectory);
        Directory.CreateDirectory(folder.Root);
        var programs = await ServerProgramFinder.FindAsync(
            SearchPlaces.OfThisMachine(null), folder.Major, NullLogger.Instance, CancellationToken.None);
        return await new Server(folder, programs, options, NullLogger.Instance).EnsureRunningAsync(null, CancellationToken.None);
    }
}
