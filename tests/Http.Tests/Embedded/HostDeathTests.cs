using System.Diagnostics;
using Ledger.Support;

namespace Ledger.Http.Tests.Embedded;

/// <summary>The genuine host, ended by a signal in the middle of its start: the server goes with it, and the data stays good.</summary>
public sealed class HostDeathTests : DataFolder
{
    [Theory]
    [InlineData("KILL", "initdb")]
    [InlineData("TERM", "initdb")]
    [InlineData("HUP", "initdb")]
    [InlineData("INT", "initdb")]
    [InlineData("KILL", "postgres")]
    [InlineData("TERM", "postgres")]
    [InlineData("HUP", "postgres")]
    [InlineData("INT", "postgres")]
    public async Task A_host_that_ends_leaves_no_server_and_the_next_starts_at_once(string signal, string reached)
    {
        using var host = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Ledger.Http.dll"), "--urls", "http://127.0.0.1:0", "--Ledger:DataDirectory", Folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var errors = new System.Text.StringBuilder();
        host.OutputDataReceived += (_, _) => { };
        host.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        host.BeginOutputReadLine();
        host.BeginErrorReadLine();

        // initdb lives for less than a second: whoever looks too late finds its cluster, and ends the host there.
        await Eventually.Become(async () => await Postmaster.CountAsync(Folder, reached) > 0
            || (reached == "initdb" && Directory.Exists(Path.Combine(Folder, "postgres"))));

        using var kill = Process.Start("/bin/sh", ["-c", $"kill -s {signal} {host.Id}"]);
        await host.WaitForExitAsync();
        errors.ToString().ShouldNotContain("   at ");

        await using (var next = await StartAsync())
        {
            (await Postmaster.AskAsync(next, "SELECT 1")).ShouldBe(1);
            Directory.GetDirectories(Folder).ShouldBe([Path.Combine(Folder, "postgres")]);
        }

        await Eventually.Become(() => Postmaster.CountAsync(Folder), processes => processes == 0);
    }
}
