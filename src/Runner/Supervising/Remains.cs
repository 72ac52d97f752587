namespace Ledger.Runner.Supervising;

/// <summary>What is left of a run once everything that could be ended was ended. Only what is proven is a number.</summary>
/// <param name="Processes">How many processes and containers, zombies not counted; null when nobody can say.</param>
/// <param name="Reason">Why nobody can say; null when there is a number.</param>
internal sealed record Remains(int? Processes, string? Reason)
{
    /// <summary>Nothing, and that is proven.</summary>
    public static Remains None { get; } = new(0, Reason: null);

    /// <summary>Nobody can say.</summary>
    public static Remains Unknown(string reason) => new(Processes: null, reason);

    /// <summary>Both together.</summary>
    public static Remains operator +(Remains one, Remains other) => (one, other) switch
    {
        ({ Processes: { } left }, { Processes: { } more }) => new Remains(left + more, Reason: null),
        ({ Processes: null }, _) => one,
        _ => other,
    };

    public override string ToString() => Processes is { } left ? $"{left} processes left" : $"unknown what is left: {Reason}";
}
