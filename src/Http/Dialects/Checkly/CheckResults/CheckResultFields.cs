using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly.CheckResults;

/// <summary>The members of a result that a caller wants to see, and no others (wire.md 3.5, <c>fields</c>).</summary>
public sealed class CheckResultFields
{
    private const string Parameter = "fields";
    private const string CreatedAt = "created_at";
    private const string CreatedAtToo = "createdAt";

    private static readonly FrozenSet<string> Known =
        ChecklyJson.Options.GetTypeInfo(typeof(CheckResult)).Properties.Select(member => member.Name).Append(CreatedAtToo)
            .ToFrozenSet(StringComparer.Ordinal);

    private readonly FrozenSet<string> names;

    private CheckResultFields(IReadOnlyList<string> names) => this.names = names.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What was asked for; null for everything.</summary>
    /// <exception cref="RequestRejected">400 for a name that no member has.</exception>
    public static CheckResultFields? Read(HttpRequest request)
    {
        var names = QueryArrays.Read(request.Query, Parameter);
        if (names.FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"'{Parameter}' names '{unknown}', which a check result does not have.");
        }

        return names.Count == 0 ? null : new CheckResultFields(names);
    }

    /// <summary>These members of a result.</summary>
    public JsonObject Of(CheckResult result)
    {
        var all = JsonSerializer.SerializeToNode(result, ChecklyJson.Options)!.AsObject();
        var some = new JsonObject();
        foreach (var (name, value) in all)
        {
            if (names.Contains(name))
            {
                some[name] = value?.DeepClone();
            }
        }

        if (names.Contains(CreatedAtToo))
        {
            some[CreatedAtToo] = all[CreatedAt]!.DeepClone();
        }

        return some;
    }
}
