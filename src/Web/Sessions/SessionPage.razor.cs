using System.Collections.Immutable;
using System.Threading.Channels;
using Ledger.Access;
using Ledger.Deadlines;
using Ledger.Projections.Runners;
using Ledger.Sessions;
using Ledger.Streams;
using Ledger.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.WebUtilities;
using MudBlazor;

namespace Ledger.Web.Sessions;

/// <summary>One session, live or as it was: its runs, its cancels with their facts, its history.</summary>
public partial class SessionPage
{
    private const int MostAsked = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private static readonly (string Name, string Word)[] Tabs = [("", "Runs"), ("history", "History"), ("details", "Details")];

    private readonly Channel<bool> calls = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly HashSet<Guid> opened = [];
    private SessionFollower? follower;
    private SessionSnapshot? now;
    private SessionSnapshot? was;
    private ImmutableArray<Run> entries = [];
    private RunCounts counts = new([], 0);
    private IReadOnlyList<(Cancel Cancel, List<Run> Runs)> asked = [];
    private IReadOnlyList<string> unserved = [];
    private bool canBegin;
    private bool canForce;
    private string tab = "";
    private string? only;
    private Guid? highlighted;
    private long wanted;
    private bool isLoaded;

    [Inject]
    public required SessionWriter Writer { get; set; }

    [Inject]
    public required SessionChanges Changes { get; set; }

    [Inject]
    public required Cancelling Cancelling { get; set; }

    [Inject]
    public required RunnersReader Runners { get; set; }

    [Inject]
    public required DeadlineSettings Deadlines { get; set; }

    [Inject]
    public required Shell Shell { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Parameter]
    public Guid SessionId { get; set; }

    /// <summary>The account of a dialect's link; one that is not the viewer's leads to nothing.</summary>
    [Parameter]
    public Guid? AccountId { get; set; }

    /// <summary>The check of a dialect's link.</summary>
    [Parameter]
    public Guid? CheckId { get; set; }

    /// <summary>The result of a dialect's link.</summary>
    [Parameter]
    public Guid? ResultId { get; set; }

    private bool CanCancel => Viewer?.Has(Scope.Command) is true;

    protected override async Task LoadAsync()
    {
        ReadTab();
        var found = AccountId is { } account && account != Viewer.AccountId ? null : await Writer.ReadAsync(Viewer.ToCaller(), SessionId, Leaving);
        Show(found);
        isLoaded = true;
        if (now is { Session.Runs: [{ Cancel: null } one] })
        {
            opened.Add(one.SequenceId);
        }

        unserved = now?.Session is { IsOpen: true } session && Tone.Of(session) == Tone.Of(RunState.Queued)
            ? [.. (await Database.RunAsync(() => Runners.UnservedAsync(session.AccountId, QueuesOf(session), TimeSpan.Zero, Leaving))).Select(queue => queue.Location).Distinct()]
            : [];
        if (ResultId is { } result && now?.Session.Runs.FirstOrDefault(run => run.HasReport(result)) is { } reported)
        {
            highlighted = reported.SequenceId;
            opened.Add(reported.SequenceId);
        }
    }

    protected override void Follow()
    {
        if (now is not null)
        {
            Navigation.LocationChanged += OnMoved;
            follower = Changes.Follow(now.Stream, _ => calls.Writer.TryWrite(true));
            follower.Start(now.Version);
            _ = FollowAsync();
        }
    }

    protected override void Leave()
    {
        Navigation.LocationChanged -= OnMoved;
        follower?.Dispose();
        calls.Writer.TryComplete();
    }

    private async Task FollowAsync()
    {
        await foreach (var _ in calls.Reader.ReadAllAsync())
        {
            await InvokeAsync(async () =>
            {
                await TryAsync(async () => Show(await Writer.ReadAsync(Viewer.ToCaller(), SessionId, Leaving)));
                StateHasChanged();
            });
            await Task.Delay(Pause);
        }
    }

    private void Show(SessionSnapshot? found)
    {
        now = found;
        canBegin = found?.Session is { IsOpen: true } session && session.Runs.Any(run => Cancelling.IsEligible(session, run));
        canForce = found?.Session.Runs.Any(run => run is { IsCancelling: true, Cancel.Forced: false }) is true;
        Count();
    }

    /// <summary>Counts once what is drawn often.</summary>
    private void Count()
    {
        if ((was ?? now)?.Session is { } session)
        {
            counts = RunCounts.Of(session.Runs);
            var targeted = session.Runs.Where(run => run.Cancel is not null).ToLookup(run => run.Cancel!.CancelId);
            asked = [.. session.Cancels.Values.OrderBy(cancel => cancel.RequestedAt).TakeLast(MostAsked).Select(cancel => (cancel, targeted[cancel.CancelId].ToList()))];
        }

        Sort();
    }

    private void Sort()
    {
        ImmutableArray<Run> runs = (was ?? now) is { } shown ? shown.Session.Runs : [];
        entries = only is null ? runs : [.. runs.Where(run => Tone.Of(run).Name == only)];
    }

    private void Only(string? tone)
    {
        only = only == tone ? null : tone;
        Sort();
    }

    private void Open(Run run)
    {
        if (!opened.Remove(run.SequenceId))
        {
            opened.Add(run.SequenceId);
        }
    }

    /// <summary>The session as it was; of several that are asked for quickly only the last is read.</summary>
    private async Task ShowVersion(long version)
    {
        wanted = version;
        await TryAsync(async () =>
        {
            await Task.Delay(Pause, Leaving);
            if (wanted != version)
            {
                return;
            }

            was = version >= now!.Version ? null : await Writer.ReadAsOfAsync(Viewer.ToCaller(), SessionId, recorded => recorded.Version <= version, Leaving);
            Count();
        });
    }

    private async Task CancelAsync(CancelTarget target)
    {
        var caller = Viewer.ToCaller();
        if (await CancelDialog.AskAsync(Dialogs, [target], one => Cancelling.Preview(caller, one)) is not { } asked)
        {
            return;
        }

        await CommandAsync(Scope.Command, async asking =>
        {
            if (await Cancelling.CancelAsync(asking, asked.Targets, asked.Reason) is [{ IsAccepted: false } left])
            {
                Snackbar.Add($"Nothing was left to cancel: {left.WhyNot}.", Severity.Warning);
            }
        });
    }

    private static IReadOnlyCollection<RunQueue> QueuesOf(Session session) =>
        [.. session.Runs.Select(run => new RunQueue(session.Project, run.Plan.Location, run.Plan.CheckType)).Distinct().Take(MostAsked)];

    private void OnMoved(object? sender, LocationChangedEventArgs moved)
    {
        ReadTab();
        Redraw();
    }

    private void ReadTab()
    {
        var query = QueryHelpers.ParseQuery(new Uri(Navigation.Uri).Query);
        tab = query.TryGetValue("tab", out var asked) && Tabs.Any(known => known.Name == asked.ToString()) ? asked.ToString() : "";
    }

    private string TabAddress(string name) => new Uri(Navigation.Uri).AbsolutePath + (name.Length > 0 ? $"?tab={name}" : "");

    /// <summary>The word of version 1 of the interface where it is another one: it has none for a cancelled check session.</summary>
    private static string? OldWord(Session session) =>
        session is { Kind: SessionKind.Check, Status: SessionStatus.Cancelled } ? Words<SessionStatus>.Of(SessionStatus.TimedOut) : null;

    private static string Outcome(IReadOnlyList<Run> runs)
    {
        var stopped = runs.Count(run => run.State is RunState.Cancelled && run.Cancel?.How is not AbortManner.NeverStarted);
        var never = runs.Count(run => run.State is RunState.Cancelled && run.Cancel?.How is AbortManner.NeverStarted);
        var waiting = runs.Count(run => run.IsCancelling);
        var finished = runs.Count - stopped - never - waiting;
        return string.Join(", ", new[]
        {
            (stopped, "stopped"), (never, "not run"), (waiting, "stopping"), (finished, "finished first"),
        }.Where(part => part.Item1 > 0).Select(part => $"{part.Item1} {part.Item2}"));
    }
}
