namespace Ledger.Http.Checks;

/// <summary>The variables that a trigger sets for a run's execution.</summary>
/// <param name="Values">By name; a null value removes one that the check has.</param>
/// <param name="Secrets">The names of those whose values no reader is shown; runners are.</param>
public sealed record RunVariables(IReadOnlyDictionary<string, string?> Values, IReadOnlySet<string> Secrets)
{
    /// <summary>The member of a spec that holds the values.</summary>
    public const string ValuesMember = "environment";

    /// <summary>The member of a spec that names the secret ones, also those of a registered check.</summary>
    public const string SecretsMember = SpecSecrets.NamesMember;

    public static RunVariables None { get; } = Of(new Dictionary<string, string?>(StringComparer.Ordinal));

    /// <summary>Variables none of which is a secret.</summary>
    public static RunVariables Of(IReadOnlyDictionary<string, string?> values) => new(values, new HashSet<string>());

    /// <summary>These and others; of two with one name the other's value counts, and a secret stays one.</summary>
    public RunVariables With(RunVariables others)
    {
        var values = new Dictionary<string, string?>(Values, StringComparer.Ordinal);
        foreach (var (name, value) in others.Values)
        {
            values[name] = value;
        }

        return new RunVariables(values, Secrets.Concat(others.Secrets).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Adds them to a spec, in place of its own of the same name. False, and nothing is added, when the spec has no place for them.</summary>
    public bool TryWriteTo(JsonObject spec)
    {
        if (spec[ValuesMember] is not (null or JsonObject) || spec[SecretsMember] is not (null or JsonArray))
        {
            return false;
        }

        if (Values.Count > 0)
        {
            var values = (JsonObject)(spec[ValuesMember] ??= new JsonObject());
            foreach (var (name, value) in Values)
            {
                values[name] = value;
            }
        }

        if (Secrets.Count > 0)
        {
            var names = (JsonArray)(spec[SecretsMember] ??= new JsonArray());
            foreach (var name in Secrets.Order(StringComparer.Ordinal))
            {
                names.Add(name);
            }
        }

        return true;
    }
}
