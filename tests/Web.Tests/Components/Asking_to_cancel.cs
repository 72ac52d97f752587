using Bunit;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Web.Sessions;
using Ledger.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;

namespace Ledger.Web.Tests.Components;

/// <summary>The dialog before a cancel: what is eligible, what is not and why, and that nothing is offered where nothing can be done.</summary>
public sealed class Asking_to_cancel : MudContext
{
    private static readonly Caller Caller = new(Guid.NewGuid(), new Actor(ActorKind.User, "ada"), null, EventContext.None);

    [Fact]
    public async Task Of_several_sessions_it_says_which_can_be_cancelled_and_gives_the_reason_back()
    {
        var (dialog, asked) = await AskAsync(new Life("Open"), new Life("Finished").Claim().Start().Pass(), new Life("Of a type", "API"));

        dialog.Find("h2").TextContent.ShouldBe("Cancel 1 of 3 sessions?");
        dialog.FindAll("[data-eligible=yes]").Single().TextContent.ShouldContain("Open");
        dialog.FindAll("[data-eligible=no]").Select(item => item.TextContent).ShouldSatisfyAllConditions(
            items => items.First().ShouldContain("already finished"), items => items.Last().ShouldContain("not cancellable"));
        dialog.Find("#cancel-reason").Change("wrong branch");
        dialog.Find("#cancel-cause").Change(CancelCause.FailFast.ToString());
        dialog.Find("#cancel-confirm").TextContent.ShouldBe("Cancel 1 session");
        dialog.Find("#cancel-confirm").Click();

        (await asked)!.Value.Reason.ShouldBe(new CancelReason("wrong branch", CancelCause.FailFast));
    }

    [Fact]
    public async Task Where_nothing_can_be_cancelled_there_is_nothing_to_confirm()
    {
        var (dialog, asked) = await AskAsync(new Life("Finished").Claim().Start().Pass());

        dialog.Find("[role=status]").TextContent.ShouldContain("already finished");
        dialog.FindAll("#cancel-confirm, #cancel-reason").ShouldBeEmpty();
        dialog.Find("button.button").Click();

        (await asked).ShouldBeNull();
    }

    [Fact]
    public async Task A_cancel_that_is_under_way_is_forced_without_asking_for_another_reason()
    {
        var life = new Life().Claim().Start().Cancel("first");
        var (dialog, _) = await AskAsync([new CancelTarget(life.Session, Force: true)]);

        dialog.Find("h2").TextContent.ShouldBe("Force the cancel?");
        dialog.Find("#cancel-confirm").TextContent.ShouldBe("Kill 1 run");
        dialog.FindAll("#cancel-reason").ShouldBeEmpty();
    }

    private Task<(IRenderedComponent<MudDialogProvider> Dialog, Task<(IReadOnlyList<CancelTarget> Targets, CancelReason Reason)?> Asked)> AskAsync(params Life[] lives) =>
        AskAsync([.. lives.Select(life => new CancelTarget(life.Session))]);

    private async Task<(IRenderedComponent<MudDialogProvider> Dialog, Task<(IReadOnlyList<CancelTarget> Targets, CancelReason Reason)?> Asked)> AskAsync(IReadOnlyList<CancelTarget> targets)
    {
        // A preview decides and changes nothing, so that it needs no store.
        var cancelling = new Cancelling(null!, CancelPolicy.Default, TimeProvider.System);
        var provider = Render<MudDialogProvider>();
        Task<(IReadOnlyList<CancelTarget> Targets, CancelReason Reason)?>? asked = null;
        await provider.InvokeAsync(() =>
        {
            asked = CancelDialog.AskAsync(Services.GetRequiredService<IDialogService>(), targets, target => cancelling.Preview(Caller, target));
        });
        await provider.WaitForElementAsync("#cancel-title");
        return (provider, asked!);
    }
}
