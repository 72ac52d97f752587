using Ledger.Projections.Daemon;
using Marten;
using Marten.Services;

namespace Ledger.Projections.Tests.Support;

/// <summary>Stands in for Wolverine's outbox: the tests see what a page's transaction would keep, or have it done before the page is committed.</summary>
internal static class Messages
{
    /// <summary>Nobody sends any.</summary>
    public static Outbox None { get; } = Handled(_ => throw new InvalidOperationException("There should be no message."));

    /// <summary>Hands over each message, at least once.</summary>
    public static Outbox Handled(Func<object, Task> handle) => async (_, messages) =>
    {
        foreach (var message in messages)
        {
            await handle(message);
        }
    };

    /// <summary>Hands over each message once what it is kept with is committed.</summary>
    public static Outbox Kept(Action<object> keep) => (session, messages) =>
    {
        session.Listeners.Add(new Keeper(() =>
        {
            foreach (var message in messages)
            {
                keep(message);
            }
        }));
        return Task.CompletedTask;
    };

    private sealed class Keeper(Action keep) : DocumentSessionListenerBase
    {
        public override Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken token)
        {
            keep();
            return Task.CompletedTask;
        }
    }
}
