using Ledger.Deadlines;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;
using Ledger.Tests.Streams;
using Marten;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Deadlines;

/// <summary>A host that sweeps when the test says so, and one session with one run, of a limit of 60 s.</summary>
internal sealed class SweepingHost : IAsyncDisposable
{
    // Whatever the tests do, the machine may be slow: only a gap that a test pretends is an outage.
    private static readonly DeadlineSettings Settings = new() { LongestGap = TimeSpan.FromMinutes(5) };

    private readonly WriterDatabase database;
    private readonly DocumentStore store;
    private readonly EventLog log;
    private readonly SessionWriter sessions;
    private readonly Leases leases;
    private readonly DeadlineSweep sweep;

    private SweepingHost(WriterDatabase database, FakeClock clock, StreamId stream)
    {
        this.database = database;
        Stream = stream;
        store = LedgerStore.Open(database.Source);
        log = new EventLog(database.Source);
        var dueTimes = new DueTimes(Settings, clock);
        sessions = new SessionWriter(store, log, new SessionCache(10_000_000), new SessionChanges(), clock, dueTimes: dueTimes);
        leases = new Leases(database.Source, dueTimes);
        sweep = new DeadlineSweep(database.Source, sessions, dueTimes);
    }

    public StreamId Stream { get; }

    /// <summary>A host with a session of its own, or one more for the session of another.</summary>
    public static async Task<SweepingHost> StartAsync(WriterDatabase database, FakeClock clock, SweepingHost? other = null)
    {
        var host = new SweepingHost(database, clock, other?.Stream ?? new StreamId(Guid.NewGuid(), Guid.NewGuid()));
        await host.SweepAsync();
        if (other is null)
        {
            await using var session = host.store.LightweightSession(host.Stream.AccountId.ToString());
            session.Events.StartStream<Session>(
                host.Stream.SessionId, Triggered() with { AccountId = host.Stream.AccountId, SessionId = host.Stream.SessionId });
            await session.SaveChangesAsync();
        }

        return host;
    }

    public Task SweepAsync() => sweep.SweepAsync();

    public Task ClaimAsync(string runner = Runner) =>
        ExecuteAsync((session, now) => ClaimRun.Decide(session, new ClaimRun(A, runner, 30), now));

    public Task StartRunAsync() => ExecuteAsync((session, now) => StartRun.Decide(session, new StartRun(A, Runner), now));

    public Task CancelAsync() => ExecuteAsync((session, now) => RequestCancel.Decide(session, Cancel(), CancelPolicy.Default, now));

    public Task AcknowledgeAsync() => ExecuteAsync((session, now) => AcknowledgeCancel.Decide(
        session, new AcknowledgeCancel(A, session.Runs[0].Cancel!.CancelId, Runner), now));

    public Task ReportAsync() => ExecuteAsync((session, now) => ReportResult.Decide(session, Report(Passed(A)), now));

    public Task RenewAsync(string runner = Runner) => leases.RenewAsync(Stream, A, runner, 30);

    public async Task<IReadOnlyList<Guid>> NotBegunAsync(string runner = Runner, params Guid[] except) =>
        [.. (await leases.NotBegunAsync(Stream.AccountId, runner, except, 10)).Select(found => found.SequenceId)];

    public async Task<IReadOnlyList<ISessionEvent>> EventsAsync() =>
        [.. (await log.ReadStreamAsync(Stream, 0, default)).Select(recorded => recorded.Data)];

    public async Task<ISessionEvent> LastAsync() => (await EventsAsync())[^1];

    /// <summary>How many runs have something due some time.</summary>
    public Task<long> DueAsync() => ScalarAsync<long>("select count(*) from ledger.due_times");

    public Task PretendLastSweepAsync(string ago) =>
        ExecuteSqlAsync($"update ledger.deadline_clock set swept_at = clock_timestamp() - ({ago})");

    public async Task ExecuteSqlAsync(string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await sessions.DisposeAsync();
        await store.DisposeAsync();
    }

    private async Task ExecuteAsync<T>(Func<Session, DateTimeOffset, Decision<T>> decide)
        where T : class =>
        (await sessions.ExecuteAsync(Stream, decide, EventContext.None)).Decision.Refusal.ShouldBeNull();
}
