using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Wire;

/// <summary>
/// What one run still has to tell the ledger, in order. Each report is repeated until the ledger accepts or finally refuses it, however
/// long the ledger is away; nothing overtakes it. It lives in memory: as long as this process does.
/// </summary>
internal sealed class Outbox
{
    private readonly Channel<Report> reports = Channel.CreateUnbounded<Report>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Backoff backoff;
    private readonly ILogger log;
    private readonly Task delivering;

    /// <summary>Begins to deliver what will be added.</summary>
    /// <param name="label">The run, as the log names it.</param>
    /// <param name="timing">How fast to repeat.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">One line per report.</param>
    /// <param name="giveUp">Ends all repeating; what is left then stays undelivered.</param>
    public Outbox(string label, RetryTiming timing, TimeProvider time, ILogger log, CancellationToken giveUp)
    {
        backoff = new Backoff(timing, time);
        this.log = log;
        delivering = DeliverAsync(label, giveUp);
    }

    /// <summary>How many reports never reached the ledger. Final once <see cref="CompleteAsync"/> has returned.</summary>
    public int Undelivered { get; private set; }

    /// <summary>Adds a report behind the others.</summary>
    /// <param name="what">What it is, in a word or two.</param>
    /// <param name="send">Makes one attempt.</param>
    public void Add(string what, Func<CancellationToken, Task<Answer<RunAnswer>>> send) => reports.Writer.TryWrite(new Report(what, send));

    /// <summary>Nothing more will be added; waits until everything is delivered, refused or given up.</summary>
    public Task CompleteAsync()
    {
        reports.Writer.TryComplete();
        return delivering;
    }

    private async Task DeliverAsync(string label, CancellationToken giveUp)
    {
        await foreach (var report in reports.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await DeliverAsync(label, report, giveUp);
            }
            catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
            {
                Undelivered++;
                log.LogError("{Run}: {Report} was not delivered", label, report.What);
            }
        }
    }

    private async Task DeliverAsync(string label, Report report, CancellationToken giveUp)
    {
        while (true)
        {
            giveUp.ThrowIfCancellationRequested();
            var answer = await report.Send(giveUp);
            switch (answer.Outcome)
            {
                case Outcome.Accepted:
                    backoff.Reset();
                    var late = answer.Value?.Late == true ? ", late: the run was settled already" : string.Empty;
                    log.LogInformation("{Run}: {Report} reported{Late}", label, report.What, late);
                    return;
                case Outcome.Refused:
                    backoff.Reset();
                    log.LogError("{Run}: {Report} was refused: {Problem}", label, report.What, answer.Problem);
                    return;
                default:
                    if (!backoff.IsFailing)
                    {
                        log.LogWarning("{Run}: {Report} waits for the ledger: {Problem}", label, report.What, answer.Problem);
                    }

                    await backoff.WaitAsync(answer.RetryAfter, giveUp);
                    break;
            }
        }
    }

    private readonly record struct Report(string What, Func<CancellationToken, Task<Answer<RunAnswer>>> Send);
}
