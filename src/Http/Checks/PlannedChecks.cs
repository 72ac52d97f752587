namespace Ledger.Http.Checks;

/// <summary>
/// What a trigger asks for is added to the check's own spec: that is how the runner comes to know it.
/// </summary>
public static class PlannedChecks
{
    /// <summary>The check's spec with these members in it, replacing its own of the same name.</summary>
    /// <param name="variables">Variables to set; null for none.</param>
    /// <exception cref="RequestRejected">400 for a check whose spec is no object and can hold nothing.</exception>
    public static JsonElement? SpecWith(
        this Check check,
        IReadOnlyDictionary<string, JsonElement> members,
        RunVariables? variables = null)
    {
        if (members.Count == 0 && variables is not { Values.Count: > 0 })
        {
            return check.Spec;
        }

        var spec = ObjectOf(check.Spec, check);
        foreach (var (name, value) in members)
        {
            spec[name] = JsonSerializer.SerializeToNode(value);
        }

        if (variables is not null && !variables.TryWriteTo(spec))
        {
            throw Unusable(check);
        }

        return JsonSerializer.SerializeToElement(spec);
    }

    private static JsonObject ObjectOf(JsonElement? spec, Check check) => spec switch
    {
        null or { ValueKind: JsonValueKind.Null } => [],
        { ValueKind: JsonValueKind.Object } members => (JsonObject)JsonSerializer.SerializeToNode(members)!,
        _ => throw Unusable(check),
    };

    private static RequestRejected Unusable(Check check) =>
        RequestRejected.BadRequest($"The spec of check {check.Id} is of a form that takes no environment and no options.");
}

/// <summary>
/// Bounds what one request has the host make: what it says once, such as variables, stands in the spec of each run of each check that it means.
/// </summary>
public sealed class SpecBudget
{
    /// <summary>Bytes of JSON in the specs of all runs together.</summary>
    public const int Maximum = 64 * 1024 * 1024;

    private long bytes;

    /// <summary>Counts a run.</summary>
    /// <exception cref="RequestRejected">400 when all of them together are too large.</exception>
    public PlannedRun Take(PlannedRun run) => (bytes += JsonSize.OfText(run.Spec)) <= Maximum
        ? run
        : throw RequestRejected.BadRequest($"What is meant executes more than {Maximum} bytes together. Trigger fewer checks, or with less in 'environmentVariables'.");
}
