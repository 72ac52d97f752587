using System.Globalization;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Microsoft.AspNetCore.WebUtilities;

namespace Ledger.Web.Sessions;

/// <summary>
/// Which sessions the list shows. It lives in the address, so that a list can be sent to somebody, and is there again after going back. What an
/// address says that is not understood is left out.
/// </summary>
public sealed record SessionFilter
{
    /// <summary>The word for sessions that are not settled, among the statuses.</summary>
    public const string Open = "open";

    /// <summary>The kind, or null.</summary>
    public SessionKind? Kind { get; init; }

    /// <summary>A status in the word of the address, or <see cref="Open"/>; null for any.</summary>
    public string? Status { get; init; }

    public string? Project { get; init; }

    public Guid? CheckId { get; init; }

    public string? Branch { get; init; }

    /// <summary>Words in name, branch or commit.</summary>
    public string? Text { get; init; }

    /// <summary>One of <see cref="Spans"/>, or null.</summary>
    public string? Since { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    /// <summary>Where the page begins; null for the newest.</summary>
    public string? Cursor { get; init; }

    /// <summary>How far back the list can go, by the word of the address.</summary>
    public static IReadOnlyDictionary<string, (string Word, TimeSpan Span)> Spans { get; } = new Dictionary<string, (string, TimeSpan)>(StringComparer.Ordinal)
    {
        ["1h"] = ("Last hour", TimeSpan.FromHours(1)),
        ["24h"] = ("Last 24 hours", TimeSpan.FromDays(1)),
        ["7d"] = ("Last 7 days", TimeSpan.FromDays(7)),
        ["30d"] = ("Last 30 days", TimeSpan.FromDays(30)),
    };

    /// <summary>The statuses to choose from, with the words of the address.</summary>
    public static IReadOnlyList<(string Address, string Word, IReadOnlyList<SessionStatus> Statuses)> Statuses { get; } =
    [
        (Open, "Open", []),
        ("passed", "Passed", [SessionStatus.Passed]),
        ("failed", "Failed", [SessionStatus.Failed]),
        ("degraded", "Degraded", [SessionStatus.Degraded]),
        ("timed-out", "Timed out", [SessionStatus.TimedOut]),
        ("cancelled", "Cancelled", [SessionStatus.Cancelled]),
    ];

    /// <summary>Whether nothing is left out, whichever page it is.</summary>
    public bool IsEmpty => this with { Cursor = null } == new SessionFilter();

    /// <summary>The address of the list.</summary>
    public string Address => QueryHelpers.AddQueryString("/sessions", new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["kind"] = Kind?.ToString().ToLowerInvariant(),
        ["status"] = Status,
        ["project"] = Project,
        ["check"] = CheckId?.ToString(),
        ["branch"] = Branch,
        ["q"] = Text,
        ["since"] = Since,
        ["from"] = From?.ToString("O", CultureInfo.InvariantCulture),
        ["to"] = To?.ToString("O", CultureInfo.InvariantCulture),
        ["cursor"] = Cursor,
    });

    /// <summary>What an address asks for.</summary>
    public static SessionFilter Of(Uri address)
    {
        var query = QueryHelpers.ParseQuery(address.Query);
        return new SessionFilter
        {
            Kind = Enum.TryParse<SessionKind>(Text("kind"), ignoreCase: true, out var kind) && Enum.IsDefined(kind) ? kind : null,
            Status = Text("status") is { } status && Statuses.Any(known => known.Address == status) ? status : null,
            Project = Text("project"),
            CheckId = Guid.TryParse(Text("check"), out var check) ? check : null,
            Branch = Text("branch"),
            Text = Text("q"),
            Since = Text("since") is { } since && Spans.ContainsKey(since) ? since : null,
            From = Time("from"),
            To = Time("to"),
            Cursor = SessionListCursor.TryRead(Text("cursor"), out _) ? Text("cursor") : null,
        };

        string? Text(string name) => query.TryGetValue(name, out var values)
            && values.ToString().Replace("\0", "", StringComparison.Ordinal).Trim() is { Length: > 0 } text
                ? text[..Math.Min(text.Length, Limits.Name)]
                : null;

        DateTimeOffset? Time(string name) =>
            DateTimeOffset.TryParse(Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }

    /// <summary>The same as a question to the read model, for a caller.</summary>
    public SessionListQuery ToQuery(Caller caller, DateTimeOffset now, int limit) => new(caller.AccountId)
    {
        Kind = Kind,
        OnlyOpen = Status is Open,
        Statuses = Statuses.FirstOrDefault(known => known.Address == Status).Statuses ?? [],
        Project = caller.Project ?? Project,
        CheckId = CheckId,
        Branches = Branch is { } branch ? [branch] : [],
        TextSearch = Text,
        From = Since is { } since ? now - Spans[since].Span : From,
        To = To,
        BeforeNumber = SessionListCursor.TryRead(Cursor, out var before) ? before : null,
        Limit = limit,
    };
}
