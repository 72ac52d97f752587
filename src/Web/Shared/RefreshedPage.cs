using Ledger.Web.Connection;
using Microsoft.AspNetCore.Components;

namespace Ledger.Web.Shared;

/// <summary>
/// A page of figures and lists: read again while it is open, at its own pace and only when a session of the account has changed since. Twice
/// then, for read models are a moment behind.
/// </summary>
public abstract class RefreshedPage : LivePage
{
    private int changes = 1;

    [Inject]
    public required PageChanges Changes { get; set; }

    /// <summary>How often it is read at most.</summary>
    protected virtual TimeSpan Pace => TimeSpan.FromSeconds(2);

    /// <summary>Whether it is read at its pace whatever happens: what it shows changes by itself.</summary>
    protected virtual bool AlwaysRefreshes => false;

    protected override void Follow() => _ = RefreshAsync();

    private async Task RefreshAsync()
    {
        using var following = Changes.Follow(Viewer.AccountId, _ => Interlocked.Exchange(ref changes, 2));
        using var timer = new PeriodicTimer(Pace);
        try
        {
            while (await timer.WaitForNextTickAsync(Leaving))
            {
                if (AlwaysRefreshes || Interlocked.CompareExchange(ref changes, 0, 0) > 0)
                {
                    Interlocked.Decrement(ref changes);
                    await InvokeAsync(async () =>
                    {
                        await ReloadAsync();
                        StateHasChanged();
                    });
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The page is left.
        }
    }
}
