using Bunit;
using MudBlazor.Services;

namespace Ledger.Web.Tests.Components;

/// <summary>Where components are drawn that have parts of MudBlazor in them. Those end asynchronously only.</summary>
public abstract class MudContext : BunitContext, IAsyncLifetime
{
    protected MudContext()
    {
        DefaultWaitTimeout = TimeSpan.FromSeconds(60); // Only what fails waits so long.
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
    }

    Task IAsyncLifetime.InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();
}
