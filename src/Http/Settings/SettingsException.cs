namespace Ledger.Http.Settings;

/// <summary>A setting is wrong; the message says in one sentence which, and what it must be.</summary>
public sealed class SettingsException(string message) : Exception(message);
