namespace Ledger.Projections.Cancellations;

/// <summary>A check of an account at a location.</summary>
internal readonly record struct CheckPlace(Guid AccountId, Guid CheckId, string Location);

/// <summary>How long the runs of a check take at a location.</summary>
/// <param name="Results">How many results count.</param>
/// <param name="TotalMs">Their response times, added up; without a limit, for a client may claim any duration.</param>
internal readonly record struct UsualDuration(long Results, decimal TotalMs)
{
    /// <summary>The mean in whole milliseconds; null without results.</summary>
    public long? Mean => Results == 0 ? null : (long)decimal.Floor(TotalMs / Results);

    public static UsualDuration operator +(UsualDuration one, UsualDuration other) =>
        new(one.Results + other.Results, one.TotalMs + other.TotalMs);
}
