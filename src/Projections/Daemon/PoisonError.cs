namespace Ledger.Projections.Daemon;

/// <summary>What is told of an event that cannot be handled.</summary>
internal static class PoisonError
{
    private const int Longest = 2_000;

    /// <summary>Short enough to be kept, and without what the database cannot hold.</summary>
    public static string Describe(Exception failure)
    {
        var error = $"{failure.GetType().Name}: {failure.Message}".Replace('\0', ' ');
        return error.Length > Longest ? error[..Longest] : error;
    }
}
