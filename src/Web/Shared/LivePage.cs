using System.Diagnostics;
using Ledger.Access;
using Ledger.Web.Access;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace Ledger.Web.Shared;

/// <summary>
/// What every page for which somebody signs in is made of: who looks, what failed, and when they leave. A page reads in <see cref="LoadAsync"/>,
/// and changes something in <see cref="CommandAsync"/> only.
/// </summary>
public abstract class LivePage : ComponentBase, IAsyncDisposable
{
    private readonly CancellationTokenSource leaving = new();
    private bool isFollowing;
    private bool hasAddress;

    [Inject]
    public required ViewerState Viewers { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Inject]
    public required ISnackbar Snackbar { get; set; }

    [Inject]
    public required ILoggerFactory Loggers { get; set; }

    /// <summary>Who looks; known before <see cref="LoadAsync"/>.</summary>
    protected Viewer Viewer { get; private set; } = null!;

    /// <summary>Cancelled when the page is left.</summary>
    protected CancellationToken Leaving => leaving.Token;

    /// <summary>What failed last; null when nothing is wrong.</summary>
    protected Fault? Fault { get; private set; }

    /// <summary>Reads what the page shows, for the first time and again whenever <see cref="ReloadAsync"/> is called.</summary>
    protected abstract Task LoadAsync();

    /// <summary>
    /// Begins to follow what the page shows: called once, when that has been read, and only of a page that somebody looks at. A page is often
    /// drawn before it has been read, so that its first drawing is no time to begin.
    /// </summary>
    protected virtual void Follow()
    {
    }

    /// <summary>Whether it is read again when its address says something else.</summary>
    protected virtual bool IsReadByAddress => false;

    protected override Task OnInitializedAsync() => ReloadAsync();

    protected override async Task OnParametersSetAsync()
    {
        // The first time it has just been read.
        if (hasAddress && IsReadByAddress)
        {
            await ReloadAsync();
        }

        hasAddress = true;
    }

    /// <summary>Reads again; a failure is shown in place of the page, or above it when it passes by itself.</summary>
    protected async Task ReloadAsync()
    {
        var isRead = await TryAsync(async () =>
        {
            Viewer = await Viewers.RequireAsync(Leaving);
            await LoadAsync();
        });
        if (isRead && !isFollowing && RendererInfo.IsInteractive && !leaving.IsCancellationRequested)
        {
            isFollowing = true;
            Follow();
        }
    }

    /// <summary>Does something that can fail, and shows how.</summary>
    /// <returns>Whether it went well.</returns>
    protected async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            Fault = null;
            return true;
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            return false;
        }
        catch (SignedOutException)
        {
            Navigation.NavigateTo(SignInPage.AddressFor(Navigation), forceLoad: true);
            return false;
        }
        catch (Exception failure) when (failure is not NavigationException)
        {
            Fault = Fault.Of(failure, Loggers.CreateLogger(GetType()));
            return false;
        }
    }

    /// <summary>Changes something for whoever looks, if they may. What goes wrong is told beside the page.</summary>
    /// <param name="scope">What it needs.</param>
    /// <param name="command">Is given who asks, as every interface knows callers.</param>
    /// <returns>Whether it went well.</returns>
    protected async Task<bool> CommandAsync(Scope scope, Func<Caller, Task> command)
    {
        // Its trace is kept beside what is recorded, as that of a request is.
        using var activity = new Activity("page").Start();
        try
        {
            var viewer = await Viewers.RequireAsync(Leaving);
            if (!viewer.Has(scope))
            {
                throw new MissingScopeException(scope);
            }

            await command(viewer.ToCaller());
            return true;
        }
        catch (SignedOutException)
        {
            Navigation.NavigateTo(SignInPage.AddressFor(Navigation), forceLoad: true);
            return false;
        }
        catch (Exception failure) when (failure is not NavigationException)
        {
            var fault = Fault.Of(failure, Loggers.CreateLogger(GetType()));
            Snackbar.Add(fault.TraceId is null ? fault.Message : $"{fault.Message} Trace {fault.TraceId}.", Severity.Error);
            return false;
        }
    }

    /// <summary>Has the page drawn again from wherever something was heard of.</summary>
    protected void Redraw() => _ = InvokeAsync(StateHasChanged);

    public async ValueTask DisposeAsync()
    {
        await leaving.CancelAsync();
        Leave();
        leaving.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what the page follows.</summary>
    protected virtual void Leave()
    {
    }
}
