namespace Ledger.Http.Settings;

/// <summary>When settled sessions are archived (docs/archiving.md).</summary>
public sealed class ArchiveSettings
{
    /// <summary>Days after the last run of a session was settled, at least 1; absent for never.</summary>
    public int? AfterDays { get; set; }
}
