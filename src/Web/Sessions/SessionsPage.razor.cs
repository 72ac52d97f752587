using Ledger.Access;
using Ledger.Projections.Daemon;
using Ledger.Projections.SessionList;
using Ledger.Streams;
using Ledger.Web.Connection;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using MudBlazor;

namespace Ledger.Web.Sessions;

/// <summary>The list of sessions: newest first, live, filtered by its address; cancels from a row, or of many at once.</summary>
public partial class SessionsPage
{
    private const int PageSize = 30;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly HashSet<Guid> selected = [];
    private readonly List<CancelOutcome> outcomes = [];
    private SessionFilter filter = new();
    private SessionLive? live;
    private string? next;
    private bool isLoaded;

    [Inject]
    public required SessionListReader List { get; set; }

    [Inject]
    public required ReadModelProgress Progress { get; set; }

    [Inject]
    public required SessionWriter Sessions { get; set; }

    [Inject]
    public required PageChanges Changes { get; set; }

    [Inject]
    public required Cancelling Cancelling { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    private List<SessionSnapshot> Rows { get; set; } = [];

    private bool CanCancel => Viewer?.Has(Scope.Command) is true;

    private int MoreCount => (filter.Project is null ? 0 : 1) + (filter.Branch is null ? 0 : 1) + (filter.CheckId is null ? 0 : 1);

    private string Summary => !isLoaded ? "" : Rows.Count(row => row.Session.IsOpen) is var open and > 0 ? $"{open} open on this page" : "";

    private string TriggerCommand =>
        $"curl -X POST {Navigation.BaseUri}ledger/sessions -H \"Authorization: Bearer $KEY\" -d '{{\"kind\":\"test\",\"name\":\"Checkout\",\"runs\":[{{\"checkType\":\"PLAYWRIGHT\",\"name\":\"checkout\",\"location\":\"local\",\"spec\":{{\"command\":[\"sleep\",\"600\"]}}}}]}}'";

    protected override async Task LoadAsync()
    {
        filter = SessionFilter.Of(new Uri(Navigation.Uri));
        await Database.RunAsync(() => Progress.WaitForHeadAsync(SessionListReader.ProjectionName, Patience, Leaving));
        await ReadAsync();
        isLoaded = true;
    }

    protected override void Follow()
    {
        var caller = Viewer.ToCaller();
        Navigation.LocationChanged += OnMoved;
        live = new SessionLive(Changes, caller.AccountId, snapshot => caller.Sees(snapshot.Session), burst => InvokeAsync(() => TakeAsync(burst)));
    }

    protected override void Leave()
    {
        Navigation.LocationChanged -= OnMoved;
        live?.Dispose();
    }

    private async Task ReadAsync()
    {
        var caller = Viewer.ToCaller();
        var page = await Database.RunAsync(() => List.FindAsync(filter.ToQuery(caller, Clock.GetUtcNow(), PageSize), Leaving));
        Rows = [.. await Sessions.ReadManyAsync(caller, [.. page.Sessions.Select(listed => listed.SessionId)], Leaving)];
        next = page.NextCursor;
        selected.IntersectWith(Rows.Select(row => row.Session.Id));
    }

    /// <summary>What has changed is drawn at once; which sessions the list shows is asked when the read model has come so far.</summary>
    private async Task TakeAsync(SessionBurst burst)
    {
        for (var at = 0; at < Rows.Count; at++)
        {
            if (burst.Sessions.TryGetValue(Rows[at].Session.Id, out var changed) && changed.Version > Rows[at].Version)
            {
                Rows[at] = changed;
            }
        }

        StateHasChanged();
        if (burst.IsMissing || (burst.ListPosition > 0 && filter.Cursor is null))
        {
            await TryAsync(async () =>
            {
                var isUpToDate = await Database.RunAsync(() => burst.IsMissing
                    ? Progress.WaitForHeadAsync(SessionListReader.ProjectionName, Patience, Leaving)
                    : Progress.WaitForAsync(SessionListReader.ProjectionName, burst.ListPosition, Patience, Leaving));
                await ReadAsync();
                if (!isUpToDate)
                {
                    live?.LookAgain();
                }
            });
            StateHasChanged();
        }
    }

    private void OnMoved(object? sender, LocationChangedEventArgs moved)
    {
        if (new Uri(moved.Location).AbsolutePath == "/sessions" && SessionFilter.Of(new Uri(moved.Location)) != filter)
        {
            selected.Clear();
            outcomes.Clear();
            _ = InvokeAsync(async () =>
            {
                await ReloadAsync();
                StateHasChanged();
            });
        }
    }

    private void Go(SessionFilter other) => Navigation.NavigateTo((other.Cursor == filter.Cursor ? other with { Cursor = null } : other).Address);

    private void ApplyAsync()
    {
        // Each field has gone into the address when it was left.
    }

    private static string? Entered(ChangeEventArgs change) => (change.Value as string)?.Trim() is { Length: > 0 } text ? text : null;

    private void Select(Guid id, bool isSelected)
    {
        if (isSelected)
        {
            selected.Add(id);
        }
        else
        {
            selected.Remove(id);
        }
    }

    private void SelectAll(ChangeEventArgs change)
    {
        selected.Clear();
        if (change.Value is true)
        {
            selected.UnionWith(Rows.Select(row => row.Session.Id));
        }
    }

    /// <summary>Asks, cancels, and says what came of each; those that were left alone stay selected.</summary>
    private async Task CancelAsync(IEnumerable<SessionSnapshot> rows)
    {
        var caller = Viewer.ToCaller();
        if (await CancelDialog.AskAsync(Dialogs, [.. rows.Select(row => new CancelTarget(row.Session))], target => Cancelling.Preview(caller, target)) is not { } asked)
        {
            return;
        }

        await CommandAsync(Scope.Command, async asking =>
        {
            var done = await Cancelling.CancelAsync(asking, asked.Targets, asked.Reason);
            foreach (var outcome in done.Where(outcome => outcome.IsAccepted))
            {
                selected.Remove(outcome.Target.Session.Id);
            }

            outcomes.Clear();
            if (done is [{ IsAccepted: true } one])
            {
                Snackbar.Add($"{one.Target.Session.Name}: {one.Targeted} {(one.Targeted == 1 ? "run is" : "runs are")} being cancelled.", Severity.Normal);
            }
            else
            {
                outcomes.AddRange(done);
            }
        });
    }
}
