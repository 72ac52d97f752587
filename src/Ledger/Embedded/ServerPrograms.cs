using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Ledger.Embedded;

/// <summary>One installation of PostgreSQL's server programs.</summary>
/// <param name="BinDirectory">The folder that holds <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>.</param>
/// <param name="Version">As the server names itself, for example <c>15.19</c>.</param>
/// <param name="Major">The part of the version that decides whether a cluster's files can be read.</param>
internal sealed partial record ServerPrograms(string BinDirectory, string Version, int Major)
{
    /// <summary>The oldest version that the ledger's SQL is written for (storage.md).</summary>
    internal const int OldestMajor = 15;

    /// <summary>Makes a new cluster.</summary>
    internal string Initdb => Path.Combine(BinDirectory, "initdb");

    /// <summary>Starts and stops the server of a cluster.</summary>
    internal string PgCtl => Path.Combine(BinDirectory, "pg_ctl");

    /// <summary>
    /// Looks whether <paramref name="folder"/> holds all three programs and asks the server for its version. Null when one is
    /// missing, cannot be run here, or is older than <see cref="OldestMajor"/>.
    /// </summary>
    internal static async Task<ServerPrograms?> InspectAsync(string folder, CancellationToken cancellationToken)
    {
        string[] names = ["postgres", "initdb", "pg_ctl"];
        if (!Path.IsPathFullyQualified(folder) || !names.All(name => File.Exists(Path.Combine(folder, name))))
        {
            return null;
        }

        try
        {
            var answer = await ChildProcess.RunAsync([Path.Combine(folder, "postgres"), "--version"], cancellationToken);
            var match = VersionPattern().Match(answer.Output);
            if (!answer.Succeeded || !match.Success)
            {
                return null;
            }

            var major = int.Parse(match.Groups["major"].ValueSpan, CultureInfo.InvariantCulture);
            return major < OldestMajor ? null : new ServerPrograms(folder, match.Groups["version"].Value, major);
        }
        catch (Win32Exception)
        {
            // Not a program of this machine, or not ours to run: not an installation.
            return null;
        }
    }

    [GeneratedRegex(@"\(PostgreSQL\) (?<version>(?<major>\d+)\S*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
