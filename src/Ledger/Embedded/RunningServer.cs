namespace Ledger.Embedded;

/// <summary>A server that takes connections.</summary>
/// <param name="ProcessId">Its first process.</param>
/// <param name="Port">Where it listens on 127.0.0.1.</param>
internal sealed record RunningServer(int ProcessId, int Port);
