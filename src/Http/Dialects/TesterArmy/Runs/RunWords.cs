using System.Text.Json.Serialization;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>What a run is of (wire.md 9).</summary>
public enum RunType
{
    /// <summary>A change that is reviewed.</summary>
    Ci,

    /// <summary>A test.</summary>
    Test,
}

/// <summary>What caused a run (wire.md 9).</summary>
public enum RunSource
{
    Api,

    [JsonStringEnumMemberName("github_action")] GithubAction,

    [JsonStringEnumMemberName("github_app")] GithubApp,

    Scheduled,

    Webhook,

    [JsonStringEnumMemberName("structured_test")] StructuredTest,
}

/// <summary>What a test runs on.</summary>
public enum Platform
{
    Web,
    Ios,
    Android,
}

/// <summary>The variant of a mobile device.</summary>
public enum DeviceModel
{
    Iphone,
    Ipad,
}

/// <summary>How thoroughly a test is executed.</summary>
public enum ExecutionMode
{
    Fast,
    Deep,
}

/// <summary>Whether a webhook was told of a run.</summary>
public enum WebhookStatus
{
    Pending,
    Delivered,
    Failed,
}
