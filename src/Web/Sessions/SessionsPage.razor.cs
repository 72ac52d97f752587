using Ledger.Access;
using Ledger.Projections.Cancellations;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;
using Ledger.Streams;
using Ledger.Web.Connection;
using Ledger.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using MudBlazor;

namespace Ledger.Web.Sessions;

/// <summary>The list of sessions: newest first, live, filtered by its address; cancels from a row, or of many at once.</summary>
public partial class SessionsPage
{
    private const int PageSize = 30;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly string[] Models = [SessionListReader.ProjectionName, OpenRunsReader.ProjectionName, CancelsReader.ProjectionName];

    private readonly HashSet<Guid> selected = [];
    private readonly List<CancelOutcome> outcomes = [];
    private SessionFilter filter = new();
    private SessionLive? live;
    private string? next;
    private bool isLoaded;
    private bool isStarting;

    [Inject]
    public required SessionListReader List { get; set; }

    [Inject]
    public required OpenRunsReader OpenRuns { get; set; }

    [Inject]
    public required CancelsReader Cancels { get; set; }

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
    public required Shell Shell { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    private List<SessionRow> Rows { get; set; } = [];

    private bool CanCancel => Viewer?.Has(Scope.Command) is true;

    /// <summary>Whether the form to start one is behind a button: where nothing is at all, it is in sight anyway.</summary>
    private bool OffersStart => CanCancel && (Rows.Count > 0 || !filter.IsEmpty);

    private int MoreCount => (filter.Project is null ? 0 : 1) + (filter.Branch is null ? 0 : 1) + (filter.CheckId is null ? 0 : 1);

    private string Summary => !isLoaded ? "" : Rows.Count(row => row.IsOpen) is var open and > 0 ? $"{open} open on this page" : "";

    private string TriggerCommand => Shell.Send(
        "POST",
        "ledger/sessions",
        """{"kind":"test","name":"Checkout","runs":[{"checkType":"PLAYWRIGHT","name":"checkout","location":"local","spec":{"command":["sleep","600"]}}]}""");

    protected override async Task LoadAsync()
    {
        filter = SessionFilter.Of(new Uri(Navigation.Uri));
        await WaitAsync(model => Progress.WaitForHeadAsync(model, Patience, Leaving));
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
        var page = await Database.RunAsync(() => List.ReadAsync(filter.ToQuery(caller, Clock.GetUtcNow(), PageSize), Leaving));
        var cancels = await Database.RunAsync(() => Cancels.LastOfAsync(caller.AccountId, [.. page.Sessions.Select(session => session.SessionId)], Leaving));
        var open = await Database.RunAsync(() => OpenRuns.OfSessionsAsync(
            caller.AccountId, [.. page.Sessions.Where(session => session.SettledAt is null).Select(session => session.SessionId)], Leaving));

        // What was heard of a session meanwhile is newer than what the read models know of it.
        var known = Rows.ToDictionary(row => row.Id);
        Rows =
        [
            .. page.Sessions.Select(session => known.GetValueOrDefault(session.SessionId) is { IsExact: true } row && row.Summary.Version >= session.Version
                ? row
                : new SessionRow(session, [.. open[session.SessionId]], cancels.GetValueOrDefault(session.SessionId))),
        ];
        next = page.NextCursor;
        selected.IntersectWith(Rows.Select(row => row.Id));
    }

    /// <summary>What has changed is drawn at once; which sessions the list shows is asked when the read models have come so far.</summary>
    private async Task TakeAsync(SessionBurst burst)
    {
        for (var at = 0; at < Rows.Count; at++)
        {
            if (burst.Sessions.TryGetValue(Rows[at].Id, out var changed) && changed.Version > Rows[at].Summary.Version)
            {
                Rows[at] = SessionRow.Of(changed);
            }
        }

        StateHasChanged();
        if (burst.IsMissing || (burst.ListPosition > 0 && filter.Cursor is null))
        {
            await TryAsync(async () =>
            {
                var isUpToDate = await WaitAsync(model => burst.IsMissing
                    ? Progress.WaitForHeadAsync(model, Patience, Leaving)
                    : Progress.WaitForAsync(model, burst.ListPosition, Patience, Leaving));
                await ReadAsync();
                if (!isUpToDate)
                {
                    live?.LookAgain();
                }
            });
            StateHasChanged();
        }
    }

    /// <summary>Waits for all read models that rows are made of.</summary>
    private static async Task<bool> WaitAsync(Func<string, Task<bool>> wait) =>
        (await Database.RunAsync(() => Task.WhenAll(Models.Select(wait)))).All(isUpToDate => isUpToDate);

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
            selected.UnionWith(Rows.Select(row => row.Id));
        }
    }

    /// <summary>Asks, cancels, and says what came of each; those that were left alone stay selected.</summary>
    private async Task CancelAsync(IReadOnlyList<Guid> ids)
    {
        var caller = Viewer.ToCaller();
        IReadOnlyList<CancelTarget> targets = [];
        await CommandAsync(Scope.Command, async asking => targets = [.. (await Sessions.ReadManyAsync(asking, ids, Leaving)).Select(read => new CancelTarget(read.Session))]);
        if (targets.Count == 0 || await CancelDialog.AskAsync(Dialogs, targets, target => Cancelling.Preview(caller, target)) is not { } asked)
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
                Snackbar.Add($"{one.Target.Session.Name}: {Words.Many(one.Targeted, "run is", "runs are")} being cancelled.", Severity.Normal);
            }
            else
            {
                outcomes.AddRange(done);
            }
        });
    }
}
