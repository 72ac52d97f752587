using System.Text.Json.Serialization;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.TesterArmy.Groups;

/// <summary>How a group is to be run (wire.md 8.2); all of it is handed to the runners.</summary>
public sealed record GroupRunRequest
{
    private const int LongestText = 2_048;

    public Platform? Platform { get; init; }

    public DeviceModel? DeviceModel { get; init; }

    public Guid? ProjectEnvironmentId { get; init; }

    /// <summary>Where the application to be tested is.</summary>
    public string? TargetUrl { get; init; }

    public TargetEnvironment? Environment { get; init; }

    public MobileBuild? Mobile { get; init; }

    /// <summary>The commit that is tested.</summary>
    public string? CommitSha { get; init; }

    /// <summary>The pull request that is tested, from 1.</summary>
    public long? PrNumber { get; init; }

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public void Validate()
    {
        RejectUnlessAddress("targetUrl", TargetUrl);
        RejectUnlessAddress("mobile.artifactUrl", Mobile?.ArtifactUrl);
        RejectUnlessText("mobile.bundleId", Mobile?.BundleId);
        RejectUnlessText("mobile.artifactFilename", Mobile?.ArtifactFilename);
        RejectUnlessText("mobile.buildId", Mobile?.BuildId);
        RejectUnlessText("commitSha", CommitSha);
        if (PrNumber < 1)
        {
            throw RequestRejected.BadRequest("'prNumber' must be at least 1.");
        }
    }

    private static void RejectUnlessAddress(string name, string? value)
    {
        if (value is not null && (value.Length > LongestText || !Uri.TryCreate(value, UriKind.Absolute, out _)))
        {
            throw RequestRejected.BadRequest($"'{name}' must be an absolute address of at most {LongestText} characters.");
        }
    }

    private static void RejectUnlessText(string name, string? value)
    {
        if (value is { Length: 0 or > LongestText })
        {
            throw RequestRejected.BadRequest($"'{name}' must have 1 to {LongestText} characters.");
        }
    }
}

/// <summary>A build of a mobile application: a closed object.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MobileBuild
{
    public Guid? AppId { get; init; }

    public string? BundleId { get; init; }

    public string? ArtifactUrl { get; init; }

    public string? ArtifactFilename { get; init; }

    public string? BuildId { get; init; }
}

/// <summary>Which deployment is tested.</summary>
public enum TargetEnvironment
{
    Production,
    Staging,
    Preview,
    Custom,
}
