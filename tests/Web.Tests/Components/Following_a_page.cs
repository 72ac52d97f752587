using Bunit;
using Ledger.Access;
using Ledger.Sessions;
using Ledger.Web.Access;
using Ledger.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Web.Tests.Components;

/// <summary>A page is followed once, from when it has been read, however long that takes: what changes before is in what was read.</summary>
public sealed class Following_a_page : MudContext
{
    public Following_a_page()
    {
        Services.AddScoped(provider =>
        {
            // Who signed in with neither a key nor a session of a page is nobody whom the database would have to be asked about.
            var viewers = new ViewerState(provider.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>(), null!, null!);
            var viewer = new Viewer(Guid.NewGuid(), new Actor(ActorKind.User, "ada"), null, [Scope.Read], null);
            ((IHostEnvironmentAuthenticationStateProvider)viewers).SetAuthenticationState(Task.FromResult(new AuthenticationState(viewer.ToPrincipal())));
            return viewers;
        });
    }

    [Fact]
    public async Task It_is_followed_when_it_has_been_read_and_not_when_it_was_first_drawn()
    {
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        var page = Render<Page>();
        page.Markup.ShouldBe("reading");
        page.Instance.Followed.ShouldBe(0);

        page.Instance.Read();

        await page.WaitForAssertionAsync(() => page.Markup.ShouldBe("read"));
        page.Instance.Followed.ShouldBe(1);
    }

    [Fact]
    public async Task Reading_it_again_follows_it_no_second_time()
    {
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        var page = Render<Page>();
        page.Instance.Read();
        await page.WaitForAssertionAsync(() => page.Instance.Followed.ShouldBe(1));

        await page.InvokeAsync(page.Instance.AgainAsync);

        page.Instance.Followed.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_could_not_be_read_is_followed_as_soon_as_it_can()
    {
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        var page = Render<Page>();
        page.Instance.Fail();
        await page.WaitForAssertionAsync(() => page.Markup.ShouldBe("failed"));
        page.Instance.Followed.ShouldBe(0);

        page.Instance.Read();
        await page.InvokeAsync(page.Instance.AgainAsync);

        page.Instance.Followed.ShouldBe(1);
    }

    [Fact]
    public async Task One_that_is_only_drawn_beforehand_or_that_was_left_is_not_followed()
    {
        SetRendererInfo(new RendererInfo("Static", isInteractive: false));
        var drawn = Render<Page>();
        drawn.Instance.Read();
        await drawn.WaitForAssertionAsync(() => drawn.Markup.ShouldBe("read"));
        drawn.Instance.Followed.ShouldBe(0);

        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
        var left = Render<Page>().Instance;
        await DisposeComponentsAsync();
        left.Read();
        await left.Ended;

        left.Followed.ShouldBe(0);
    }

    private sealed class Page : LivePage
    {
        private readonly TaskCompletionSource ended = new();
        private TaskCompletionSource reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool isRead;

        public int Followed { get; private set; }

        public Task Ended => ended.Task;

        public void Read()
        {
            if (!reading.TrySetResult())
            {
                reading = new TaskCompletionSource();
                reading.SetResult();
            }
        }

        public void Fail() => reading.SetException(new InvalidOperationException("It cannot be read."));

        public Task AgainAsync() => ReloadAsync();

        protected override async Task OnInitializedAsync()
        {
            await base.OnInitializedAsync();
            ended.SetResult();
        }

        protected override async Task LoadAsync()
        {
            await reading.Task;
            isRead = true;
        }

        protected override void Follow() => Followed++;

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder) =>
            builder.AddContent(0, Fault is not null ? "failed" : isRead ? "read" : "reading");
    }
}
