using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly.Scheduling;

/// <summary>Where everything is to run: a region, or a private location (wire.md 4.2).</summary>
public sealed record RunLocation
{
    /// <summary>Which of the two. Required.</summary>
    public RunLocationType? Type { get; init; }

    /// <summary>The region; for a public location.</summary>
    public string? Region { get; init; }

    /// <summary>What the private location is called.</summary>
    public string? SlugName { get; init; }

    /// <summary>The location as runs name it.</summary>
    /// <exception cref="RequestRejected">400 for one that names none.</exception>
    public static string NameOf(RunLocation? location) => location switch
    {
        { Type: RunLocationType.Public } => Inputs.Name("runLocation.region", location.Region),
        { Type: RunLocationType.Private } => Inputs.Name("runLocation.slugName", location.SlugName),
        _ => throw RequestRejected.BadRequest("'runLocation.type' must be PUBLIC or PRIVATE."),
    };
}

/// <summary>The two kinds of location.</summary>
public enum RunLocationType
{
    [JsonStringEnumMemberName("PUBLIC")] Public,
    [JsonStringEnumMemberName("PRIVATE")] Private,
}
