namespace Ledger.Http.Demo;

/// <summary>A check of the demo shop, and how its runs usually go.</summary>
/// <param name="Check">The registered check.</param>
/// <param name="UsualSeconds">How long a run takes.</param>
/// <param name="FailureRate">How many of its runs fail without anything being the matter.</param>
/// <param name="EveryHours">How often a schedule starts it; null for never.</param>
internal sealed record DemoCheck(Check Check, double UsualSeconds, double FailureRate, int? EveryHours);

/// <summary>The checks and the people of a shop's team, registered in an account.</summary>
internal sealed class DemoCast
{
    private const string Frankfurt = "eu-central-1";
    private const string Virginia = "us-east-1";
    private const string Singapore = "ap-southeast-1";

    private DemoCast(Guid accountId, IReadOnlyList<DemoCheck> checks, IReadOnlyList<Actor> people, Actor ci)
    {
        (AccountId, Checks, People, Ci) = (accountId, checks, people, ci);
        Playwright = [.. checks.Where(check => check.Check.CheckType == CheckTypes.Playwright)];
    }

    public Guid AccountId { get; }

    public IReadOnlyList<DemoCheck> Checks { get; }

    /// <summary>The suites that can be cancelled.</summary>
    public IReadOnlyList<DemoCheck> Playwright { get; }

    /// <summary>Who works with them, each by a key of their own.</summary>
    public IReadOnlyList<Actor> People { get; }

    /// <summary>What starts sessions after each push.</summary>
    public Actor Ci { get; }

    /// <summary>Where they run.</summary>
    public static IReadOnlyList<string> Locations { get; } = [Frankfurt, Virginia, Singapore];

    /// <summary>Registers them by the same commands as everybody, as of a time in the past.</summary>
    public static async Task<DemoCast> RegisterAsync(
        Guid accountId, IDocumentStore store, ApiKeys keys, SpecSecrets secrets, TimeProvider past, CancellationToken cancellation)
    {
        await using var documents = store.LightweightSession(accountId.ToString());
        var caller = new Caller(accountId, new Actor(ActorKind.System, "demo"), null, new EventContext("demo"));
        var checks = new List<DemoCheck>();
        foreach (var (request, usual, failures, every) in Shop())
        {
            var id = Guid.CreateVersion7(past.GetUtcNow());
            await RegisterCheckEndpoint.Put(id.ToString(), request, caller, documents, secrets, past, cancellation);
            checks.Add(new DemoCheck((await documents.LoadAsync<Check>(id, cancellation))!, usual, failures, every));
        }

        var people = new List<Actor>();
        foreach (var owner in (string[])["Ada Martins", "Grace Okafor", "Linus Berg", "Mei Tanaka"])
        {
            people.Add(await AddKeyAsync($"{owner.Split(' ')[0].ToLowerInvariant()}'s laptop", owner, Scope.Command, Scope.Read));
        }

        return new DemoCast(accountId, checks, people, await AddKeyAsync("continuous integration", null, Scope.Command, Scope.Read));

        async Task<Actor> AddKeyAsync(string name, string? owner, params IReadOnlyList<Scope> scopes)
        {
            var key = new ApiKey(Guid.CreateVersion7(past.GetUtcNow()), accountId, name, owner, null, scopes, past.GetUtcNow(), null);
            await keys.AddAsync(key, null, cancellation); // Nobody learns the secret, so that nobody can use it.
            return key.Actor;
        }
    }

    private static IEnumerable<(CheckRequest Request, double UsualSeconds, double FailureRate, int? EveryHours)> Shop() =>
    [
        (Of("Checkout", CheckTypes.Playwright, [Frankfurt, Virginia, Singapore], ["checkout", "critical"], 96, 150), 96, 0.03, null),
        (Of("Sign-in and password reset", CheckTypes.Playwright, [Frankfurt, Virginia], ["account", "critical"], 48, 80), 48, 0.02, null),
        (Of("Search and filters", CheckTypes.Playwright, [Frankfurt, Virginia], ["catalog"], 63, 110), 63, 0.05, null),
        (Of("Cart and vouchers", CheckTypes.Playwright, [Frankfurt], ["checkout"], 74, 120), 74, 0.02, null),
        (Of("Orders API", "API", [Frankfurt, Virginia, Singapore], ["api", "critical"], 0.31, 0.6), 0.31, 0.01, 4),
        (Of("Catalog API", "API", [Frankfurt, Virginia], ["api"], 0.18, 0.4), 0.18, 0.01, 4),
        (Of("Payment webhook", "MULTI_STEP", [Frankfurt], ["api", "payments"], 3.4, 6), 3.4, 0.02, 6),
        (Of("Home page", "BROWSER", [Frankfurt, Virginia], ["web"], 5.2, 8), 5.2, 0.02, 6),
        (Of("Certificate of shop.example", "SSL", [Frankfurt], ["web"], 0.09, 0.5), 0.09, 0, 12),
    ];

    /// <summary>A check whose runs do nothing but count seconds and end.</summary>
    private static CheckRequest Of(string name, string type, string[] locations, string[] tags, double seconds, double degradedAfter)
    {
        var steps = Math.Max(1, (int)seconds);
        var script = $"i=1; while [ $i -le {steps} ]; do echo \"step $i of {steps}\"; sleep 1; i=$((i+1)); done; echo done";
        var spec = JsonSerializer.SerializeToElement(new { command = (string[])["sh", "-c", script], timeoutSeconds = 300 });
        return new CheckRequest(name, type, tags, locations, DegradedResponseTime: (long)(degradedAfter * 1000), Spec: spec);
    }
}
