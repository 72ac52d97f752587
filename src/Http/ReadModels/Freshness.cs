namespace Ledger.Http.ReadModels;

/// <summary>
/// Makes a reader of a projection see what was written before: everything up to the head of the log, or up to the position that the
/// caller names with <c>after</c>.
/// </summary>
public sealed class Freshness(ReadModelProgress projections, EventLog log, ReadModelSettings settings)
{
    public const string After = "after";

    /// <summary>Waits as the request asks for. Only for native requests: to the dialects the parameter is unknown.</summary>
    /// <exception cref="RequestRejected">400 for a position that is none, or not yet, 503 when the projection is too far behind.</exception>
    public async Task WaitAsync(string projection, HttpRequest request)
    {
        var cancellation = request.HttpContext.RequestAborted;
        if (request.Number(After, "a position") is { } position)
        {
            if (await projections.WaitForAsync(projection, position, TimeSpan.Zero, cancellation))
            {
                return;
            }

            if (position > await log.ReadHeadAsync(cancellation))
            {
                throw RequestRejected.BadRequest($"'{After}' is beyond the end of the log.");
            }

            RejectUnless(await projections.WaitForAsync(projection, position, settings.Wait, cancellation));
        }
        else
        {
            await WaitForHeadAsync(projection, cancellation);
        }
    }

    /// <summary>Waits until everything is seen that is written now.</summary>
    /// <exception cref="RequestRejected">503 when the projection is too far behind.</exception>
    public async Task WaitForHeadAsync(string projection, CancellationToken cancellation) =>
        RejectUnless(await projections.WaitForHeadAsync(projection, settings.Wait, cancellation));

    private static void RejectUnless(bool isFresh)
    {
        if (!isFresh)
        {
            throw RequestRejected.Unavailable("not-caught-up", "The read model has not caught up yet; please retry.");
        }
    }
}
