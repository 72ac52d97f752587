namespace Ledger.Runner.Tests.Fakes;

/// <summary>A run as the ledger hands it out.</summary>
internal sealed record FakeRun(
    Guid SessionId, Guid SequenceId, string CheckType, string Name, string Location, object? Spec, double LeaseSeconds)
{
    /// <summary>The trace of whoever triggered it.</summary>
    public string? Traceparent { get; init; }

    /// <summary>A run that executes a shell script.</summary>
    public static FakeRun Of(string script, double? timeoutSeconds = null, string? image = null) =>
        With(new
        {
            command = new[] { "sh", "-c", script },
            environment = Variables("COLOUR", "blue"),
            timeoutSeconds,
            image,
            somethingNewer = 1,
        });

    /// <summary>The environment of a spec.</summary>
    public static Dictionary<string, string> Variables(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

    /// <summary>A run with any spec.</summary>
    public static FakeRun With(object? spec) =>
        new(Guid.NewGuid(), Guid.NewGuid(), "PLAYWRIGHT", "Checkout suite", "eu-central-1", spec, LeaseSeconds: 0.3);
}
