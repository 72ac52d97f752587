using Ledger.Web.Access;

namespace Ledger.Http.Settings;

/// <summary>The settings under <c>Ledger:</c> (docs/http.md#settings). Read once at start; a wrong one stops the start.</summary>
public sealed class LedgerSettings
{
    public const string Section = "Ledger";

    /// <summary>Where the embedded PostgreSQL and the bootstrap key are kept.</summary>
    public string DataDirectory { get; set; } = ".ledger";

    /// <summary>The address that links in answers begin with; the request's own when absent.</summary>
    public string? PublicUrl { get; set; }

    public BootstrapSettings Bootstrap { get; set; } = new();

    public DatabaseSettings Database { get; set; } = new();

    public PostgresSettings Postgres { get; set; } = new();

    /// <summary>Cancellable types of check (docs/domain.md#rule-1).</summary>
    public string[] CancellableTypes { get; set; } = [];

    public CancelSettings Cancel { get; set; } = new();

    public LeaseSettings Lease { get; set; } = new();

    public QueueSettings Queue { get; set; } = new();

    public ReadModelSettings ReadModels { get; set; } = new();

    /// <summary>Whether no other host uses the same database; null for: only with the embedded one.</summary>
    public bool? SingleHost { get; set; }

    public RateLimitSettings RateLimit { get; set; } = new();

    public CacheSettings Cache { get; set; } = new();

    public BodySettings Bodies { get; set; } = new();

    public PlainRunSettings PlainRuns { get; set; } = new();

    public ChecklySettings Checkly { get; set; } = new();

    public EmpiricalSettings Empirical { get; set; } = new();

    public TesterArmySettings TesterArmy { get; set; } = new();

    public BundleSettings Bundles { get; set; } = new();

    public ArchiveSettings Archive { get; set; } = new();

    public MqttSettings Mqtt { get; set; } = new();

    public WebhookSettings Webhooks { get; set; } = new();

    public OidcSettings Oidc { get; set; } = new();

    public SecretSettings Secrets { get; set; } = new();

    public CancelPolicy CancelPolicy => CancellableTypes.Length == 0
        ? CancelPolicy.Default
        : new CancelPolicy(System.Collections.Frozen.FrozenSet.Create(StringComparer.Ordinal, CancellableTypes));

    /// <summary>Reads them.</summary>
    /// <exception cref="SettingsException">One is misspelt, or wrong; the message says which, and what it must be.</exception>
    public static LedgerSettings Read(IConfiguration configuration)
    {
        if (SettingNames.Fault(configuration) is { } misspelt)
        {
            throw new SettingsException(misspelt);
        }

        var settings = configuration.GetSection(Section).Get<LedgerSettings>() ?? new LedgerSettings();
        return settings.Fault() is { } wrong ? throw new SettingsException(wrong) : settings;
    }

    /// <summary>What is wrong with the settings, in one sentence; null when nothing is.</summary>
    public string? Fault()
    {
        if (Array.Find(CancellableTypes, type => !CheckTypes.Known.Contains(type)) is { } unknown)
        {
            return $"Ledger:CancellableTypes names '{unknown}', which is no type of check.";
        }

        if (Bootstrap.Account is null != Bootstrap.ApiKey is null)
        {
            return "Ledger:Bootstrap needs both Account and ApiKey, or neither.";
        }

        return this switch
        {
            { Bootstrap.Account: { } account } when !Guid.TryParse(account, out _) => "Ledger:Bootstrap:Account must be a uuid.",
            { Bootstrap.ApiKey.Length: < 16 } => "Ledger:Bootstrap:ApiKey must have at least 16 characters.",
            { Cancel.AcknowledgeSeconds: < 1 } => "Ledger:Cancel:AcknowledgeSeconds must be at least 1.",
            { Cancel: var cancel } when cancel.ExpireSeconds <= cancel.AcknowledgeSeconds =>
                "Ledger:Cancel:ExpireSeconds must be more than AcknowledgeSeconds.",
            { Lease.Seconds: < 1 or > 3600 } => "Ledger:Lease:Seconds must be between 1 and 3600.",
            { Lease.LimitMarginSeconds: < 0 or > 86_400 } => "Ledger:Lease:LimitMarginSeconds must be between 0 and 86400.",
            { Lease.MostRequeues: < 0 or > 1000 } => "Ledger:Lease:MostRequeues must be between 0 and 1000.",
            { Queue.LongestWaitSeconds: < 1 or > 31_536_000 } => "Ledger:Queue:LongestWaitSeconds must be between 1 and 31536000.",
            { ReadModels.WaitSeconds: < 1 or > 60 } => "Ledger:ReadModels:WaitSeconds must be between 1 and 60.",
            { Postgres.MaximumConnections: < 16 or > 1000 } => "Ledger:Postgres:MaximumConnections must be between 16 and 1000.",
            { PlainRuns.Location.Length: 0 or > Limits.Name } => $"Ledger:PlainRuns:Location must have 1 to {Limits.Name} characters.",
            _ when Checkly.Locations.Any(location => location.Key.Length > Limits.Name || string.IsNullOrWhiteSpace(location.Value)) =>
                $"Ledger:Checkly:Locations must name each region, whose code has at most {Limits.Name} characters.",
            { Empirical.Concurrency: var concurrency } when concurrency.Fault() is { } fault => fault,
            { Bundles.MaximumMegabytes: < 1 or > 2000 } => "Ledger:Bundles:MaximumMegabytes must be between 1 and 2000.",
            { Bundles.KeepDays: < 1 } => "Ledger:Bundles:KeepDays must be at least 1.",
            { Archive.AfterDays: < 1 or > 36_500 } => "Ledger:Archive:AfterDays must be between 1 and 36500.",
            { Mqtt.MaximumConnections: < 1 } => "Ledger:Mqtt:MaximumConnections must be at least 1.",
            { Webhooks: var webhooks } when webhooks.Fault() is { } fault => fault,
            { Oidc: var oidc } when oidc.Fault() is { } fault => fault,
            { Cache.Megabytes: < 1 } => "Ledger:Cache:Megabytes must be at least 1.",
            _ when RateLimit.Classes.Values.Any(window => window is { Requests: < 1 } or { Seconds: < 1 }) =>
                "Ledger:RateLimit:Classes must each allow at least 1 request in 1 second.",
            { RateLimit.CostlyReads: < 1 or > 1000 } => "Ledger:RateLimit:CostlyReads must be between 1 and 1000.",
            { Bodies.Megabytes: < 64 } => "Ledger:Bodies:Megabytes must be at least 64.",
            { RateLimit.Requests: < 1 } or { RateLimit.Seconds: < 1 } => "Ledger:RateLimit must allow at least 1 request in 1 second.",
            { PublicUrl: { } url } when !Uri.TryCreate(url, UriKind.Absolute, out _) => "Ledger:PublicUrl must be an absolute address.",
            _ => null,
        };
    }
}

/// <summary>A first account and its key with all scopes, for an empty database.</summary>
public sealed class BootstrapSettings
{
    public string? Account { get; set; }

    public string? ApiKey { get; set; }
}

/// <summary>The database, whosever it is (docs/operations.md#schema).</summary>
public sealed class DatabaseSettings
{
    /// <summary>
    /// Whether a start brings the schema up to date. When false, a start on a schema that is not up to date ends with a sentence, and the verb
    /// <c>db-apply</c> brings it up to date, perhaps as another user of the database.
    /// </summary>
    public bool ApplySchema { get; set; } = true;
}

/// <summary>The embedded PostgreSQL.</summary>
public sealed class PostgresSettings
{
    /// <summary>Where initdb, pg_ctl and postgres are; searched for when absent.</summary>
    public string? BinDirectory { get; set; }

    /// <summary>Connections that this host may open.</summary>
    public int MaximumConnections { get; set; } = 40;
}

/// <summary>Deadlines of a cancel, in seconds from its request (docs/domain.md#rule-8).</summary>
public sealed class CancelSettings
{
    public int AcknowledgeSeconds { get; set; } = 30;

    public int ExpireSeconds { get; set; } = 300;
}

/// <summary>How long runners may be silent.</summary>
public sealed class LeaseSettings
{
    /// <summary>How long a claim holds without a heartbeat.</summary>
    public int Seconds { get; set; } = 30;

    /// <summary>
    /// How long the ledger waits, from a run's own limit on, for the report of its runner, which enforces the limit: the runner's grace period
    /// and a margin.
    /// </summary>
    public int LimitMarginSeconds { get; set; } = 60;

    /// <summary>How often a run that was claimed and never begun is queued again before it is lost (docs/domain.md#rule-9).</summary>
    public int MostRequeues { get; set; } = LoseRun.DefaultRequeues;
}

/// <summary>Runs that wait for a runner.</summary>
public sealed class QueueSettings
{
    /// <summary>After so long a run is cancelled that is queued where no runner takes such runs; null for never (docs/deadlines.md#queue).</summary>
    public int? LongestWaitSeconds { get; set; }
}

/// <summary>Reads of what the projections keep.</summary>
public sealed class ReadModelSettings
{
    /// <summary>
    /// How long a read waits until what was written before it is seen. Longer than the read models need to start on hosts that share a database.
    /// </summary>
    public int WaitSeconds { get; set; } = 5;

    /// <summary>The same, as a time.</summary>
    public TimeSpan Wait => TimeSpan.FromSeconds(WaitSeconds);
}

/// <summary>Requests per key and class of routes (docs/http.md#rate-limits).</summary>
public sealed class RateLimitSettings
{
    public int Requests { get; set; } = 600;

    public int Seconds { get; set; } = 60;

    /// <summary>Lists, searches, reports and exports that one key may have under way; four times as many wait.</summary>
    public int CostlyReads { get; set; } = 4;

    /// <summary>Other figures for one class of routes, by its name.</summary>
    public Dictionary<string, RateWindowSettings> Classes { get; set; } = [];
}

public sealed class RateWindowSettings
{
    public int Requests { get; set; } = 600;

    public int Seconds { get; set; } = 60;
}

/// <summary>Bounds on what is kept in memory.</summary>
public sealed class CacheSettings
{
    /// <summary>Memory of all cached sessions together, as estimated.</summary>
    public int Megabytes { get; set; } = 96;
}

/// <summary>Bounds on what requests bring.</summary>
public sealed class BodySettings
{
    /// <summary>Large bodies that are read and written at one time, all together and decompressed; further ones are answered 503.</summary>
    public int Megabytes { get; set; } = 96;
}

/// <summary>Runs of the dialects that know nothing of locations.</summary>
public sealed class PlainRunSettings
{
    /// <summary>Where a run goes for which no check is registered.</summary>
    public string Location { get; set; } = "default";
}

/// <summary>Checkly's dialect (docs/dialects/checkly.md#registry).</summary>
public sealed class ChecklySettings
{
    /// <summary>The public locations, name by region; the vendor's regions when there is none.</summary>
    public Dictionary<string, string> Locations { get; set; } = [];
}

/// <summary>TesterArmy's dialect (docs/dialects/testerarmy.md#cancel).</summary>
public sealed class TesterArmySettings
{
    /// <summary>Whether running runs may be cancelled too, as the vendor's newer description says.</summary>
    public bool CancelRunning { get; set; }
}

/// <summary>Code bundles that clients upload for runs to execute.</summary>
public sealed class BundleSettings
{
    /// <summary>The largest bundle, in MiB (docs/dialects/common.md#requests).</summary>
    public int MaximumMegabytes { get; set; } = 64;

    /// <summary>How long a bundle is kept after its upload.</summary>
    public int KeepDays { get; set; } = 30;
}

/// <summary>MQTT over WebSocket.</summary>
public sealed class MqttSettings
{
    /// <summary>Clients connected to this host at once; further ones are answered 503.</summary>
    public int MaximumConnections { get; set; } = 5_000;
}
