namespace Ledger.Projections.AlertChannels;

/// <summary>A webhook that alerts are sent to (docs/http.md#audit-and-reports). Everything but its secrets.</summary>
/// <param name="Number">Its number, for readers that know only numbers (docs/dialects/checkly.md#alerts); never used again.</param>
/// <param name="Id">What its account calls it.</param>
/// <param name="Target">What it is sent, and where.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last.</param>
/// <param name="DisabledAt">Since when it is sent nothing; null while it is enabled.</param>
/// <param name="DisabledReason">Why.</param>
public sealed record AlertChannel(
    long Number,
    string Id,
    AlertChannelTarget Target,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? DisabledAt,
    string? DisabledReason);

/// <summary>What a channel is sent, and where.</summary>
/// <param name="Url">Where: http or https, without credentials.</param>
/// <param name="Events">Which events, see <see cref="AlertEvents.Known"/>.</param>
/// <param name="CheckIds">Of which checks; of all when null.</param>
public sealed record AlertChannelTarget(Uri Url, IReadOnlyList<string> Events, IReadOnlyList<Guid>? CheckIds);
