using System.Runtime.Versioning;
using Ledger.Runner;

// Elsewhere it ends at once: see Machine.Prepare.
[assembly: SupportedOSPlatform("linux")]

// First of all, and apart from the rest: a supervisor starts with every command, and what it does not load costs nothing.
return args is [Supervisor.Argument] ? Supervisor.Run() : await RunnerProcess.RunAsync(args);

namespace Ledger.Runner
{
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
            using var runner = new RunnerHost(options, TimeProvider.System, logs);
            // Under nohup the end of the terminal is not the end of the runner.
            PosixSignal[] endings = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
            endings = Posix.IsIgnored(Posix.HangUp) ? endings : [.. endings, PosixSignal.SIGHUP];
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
}
