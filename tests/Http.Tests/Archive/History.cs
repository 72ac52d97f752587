using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Archive;

/// <summary>Sessions of every kind that ended in every way.</summary>
internal static class History
{
    public static async Task<IReadOnlyList<Triggered>> WriteAsync(HttpClient client)
    {
        var runner = new TestRunner(client, "historian");
        return
        [
            await PassedAsync(client, runner, "check"),
            await PassedAsync(client, runner, "test"),
            await PassedAsync(client, runner, "run"),
            await CancelledWhileQueuedAsync(client, "check"),
            await CancelledWhileQueuedAsync(client, "run"),
            await CancelledWhileRunningAsync(client, runner),
        ];
    }

    public static async Task<Triggered> PassedAsync(HttpClient client, TestRunner runner, string kind)
    {
        var (session, location) = await TriggerAsync(client, kind);
        await runner.TakeAsync(session, location);
        (await runner.ReportAsync(session.SessionId, session.Run)).Status.ShouldBe(HttpStatusCode.Created);
        return session;
    }

    public static async Task<Triggered> CancelledWhileRunningAsync(HttpClient client, TestRunner runner)
    {
        var (session, location) = await TriggerAsync(client, "check");
        await runner.TakeAsync(session, location);
        var cancel = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = "wrong build" });
        var cancelId = cancel.Body.GetProperty("cancelId").GetGuid();
        await runner.AcknowledgeAsync(session.SessionId, session.Run, cancelId);
        (await runner.AbortAsync(session.SessionId, session.Run, cancelId)).Status.ShouldBe(HttpStatusCode.OK);
        return session;
    }

    private static async Task<Triggered> CancelledWhileQueuedAsync(HttpClient client, string kind)
    {
        var (session, _) = await TriggerAsync(client, kind);
        var cancel = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = "not now" });
        cancel.Status.ShouldBe(HttpStatusCode.Accepted);
        return session;
    }

    /// <summary>At a location of its own, so that the run that is claimed there is this one.</summary>
    private static async Task<(Triggered Session, string Location)> TriggerAsync(HttpClient client, string kind)
    {
        var location = $"at-{Guid.NewGuid():N}";
        var session = await client.TriggerAsync(new
        {
            kind,
            name = "History",
            project = "shop",
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "history", location } },
        });
        return (session, location);
    }
}
