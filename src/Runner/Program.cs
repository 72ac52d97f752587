using Ledger.Runner;
using Ledger.Runner.Supervising;

// First of all, and apart from the rest: a supervisor starts with every command, and what it does not load costs nothing.
return args is [Supervisor.Argument] ? Supervisor.Run() : await RunnerProcess.RunAsync(args);
