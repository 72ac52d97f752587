using System.Runtime.InteropServices;
using Ledger.Runner.Execution;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner;

/// <summary>The runner as a process: its command line, its signals and its log.</summary>
internal static class RunnerProcess
{
    /// <summary>Runs it to its end and returns its exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var (options, exitCode) = CommandLine.Read(args, Environment.GetEnvironmentVariable, Console.In);
        if (options is null)
        {
            return exitCode;
        }

        RunnerKey.Protect(options.Key);
        if (Machine.Prepare(options) is { } unsuitable)
        {
            await Console.Error.WriteLineAsync(unsuitable);
            return ExitCodes.Unusable;
        }

        using var logs = LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        }));
        var runner = new RunnerHost(options, TimeProvider.System, logs);
        // Under nohup the end of the terminal is not the end of the runner.
        PosixSignal[] endings = Posix.IsIgnored(Posix.HangUp)
            ? [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT]
            : [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];
        // A terminal, `timeout` and `dotnet run` each tell the process and its group, so one wish arrives twice.
        var echo = TimeSpan.FromMilliseconds(500);
        var last = 0L;
        var handlers = Array.ConvertAll(endings, signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            var now = TimeProvider.System.GetTimestamp();
            var before = Interlocked.Exchange(ref last, now);
            if (before == 0 || TimeProvider.System.GetElapsedTime(before, now) > echo)
            {
                runner.Stop(context.Signal.ToString());
            }
        }));
        try
        {
            return await runner.RunAsync();
        }
        finally
        {
            Array.ForEach(handlers, handler => handler.Dispose());
        }
    }
}
