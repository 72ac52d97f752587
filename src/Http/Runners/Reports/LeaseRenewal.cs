using Ledger.Http.Settings;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Runners.Reports;

/// <summary>Renews leases with what runners say, and answers with what they have to know.</summary>
public sealed class LeaseRenewal(Leases leases, LedgerSettings settings)
{
    /// <summary>How long the ledger waits for the next heartbeat, in seconds.</summary>
    public int Seconds => settings.Lease.Seconds;

    /// <summary>The lease on an open run counts from now.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task RenewAsync(StreamId stream, Guid sequenceId, string runnerId, CancellationToken cancellation) =>
        Database.RunAsync(async () =>
        {
            await leases.RenewAsync(stream, sequenceId, runnerId, Seconds, cancellation);
            return true;
        });

    /// <summary>Renews the lease of a run that is open still, and answers to a start or a heartbeat.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<LeaseAnswer> AnswerAsync(RunCall call, Session session, ReportAnswer answer)
    {
        if (answer.Run.IsOpen)
        {
            await RenewAsync(call.Stream, call.SequenceId, call.RunnerId, call.Aborted);
        }

        return new LeaseAnswer(
            Seconds, CancelOrder.For(session, answer.Run, settings.Cancel.ExpireSeconds), answer.Late ? true : null);
    }
}
