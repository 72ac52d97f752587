namespace Ledger.Http.Hosting;

/// <summary>A setting is wrong; the message says in one sentence which, and what it must be.</summary>
internal sealed class SettingsException(string message) : Exception(message);
