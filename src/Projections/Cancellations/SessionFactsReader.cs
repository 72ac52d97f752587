using System.Globalization;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// Reads what the events before requests to cancel say about their sessions: the trigger and the starts. They are read when they are
/// needed, since most sessions are never cancelled and keeping them for all would cost every run a row.
/// </summary>
internal static class SessionFactsReader
{
    private const string SessionsSql = """
        select k.n, e.data ->> 'kind', e.data ->> 'project', e.data ->> 'name'
        from unnest($1, $2) with ordinality as k(account_id, session_id, n)
        join ledger.mt_events e on e.tenant_id = k.account_id::text and e.stream_id = k.session_id and e.version = 1
        """;

    private const string RunsSql = """
        select k.n, r."sequenceId", r."checkId", r."checkType", r.name, r.location, r."timeoutSeconds"
        from unnest($1, $2) with ordinality as k(account_id, session_id, n)
        join ledger.mt_events e on e.tenant_id = k.account_id::text and e.stream_id = k.session_id and e.version = 1
        cross join lateral jsonb_to_recordset(e.data -> 'runs') as r(
          "sequenceId" uuid, "checkId" uuid, "checkType" text, name text, location text, "timeoutSeconds" int)
        where r."sequenceId" = any($3)
        """;

    private const string StartsSql = """
        select k.n, (e.data ->> 'sequenceId')::uuid, e.data ->> 'at'
        from unnest($1, $2, $3) with ordinality as k(account_id, session_id, position, n)
        join ledger.mt_events e on e.tenant_id = k.account_id::text and e.stream_id = k.session_id and e.seq_id < k.position
        where e.type = 'run_started'
        order by e.seq_id
        """;

    /// <summary>What was before each request, by its position.</summary>
    /// <param name="connection">The projection's.</param>
    /// <param name="requests">The requests, each with the runs that it targets.</param>
    /// <param name="cancellation">Ends the read.</param>
    public static async Task<IReadOnlyDictionary<long, SessionFacts>> ReadAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(long Position, StreamId Stream, IReadOnlyList<Guid> Targets)> requests,
        CancellationToken cancellation)
    {
        var facts = new SessionFacts?[requests.Count];
        var runs = requests.Select(_ => new Dictionary<Guid, TargetedRun>()).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                SqlArray.Command(SessionsSql, Streams(requests)),
                SqlArray.Command(
                    RunsSql,
                    [
                        .. Streams(requests),
                        SqlArray.Of(requests.SelectMany(request => request.Targets).Distinct().ToList(), NpgsqlDbType.Uuid, target => target),
                    ]),
                SqlArray.Command(
                    StartsSql, [.. Streams(requests), SqlArray.Of(requests, NpgsqlDbType.Bigint, request => request.Position)]),
            },
        };
        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var at = Place(reader);
            facts[at] = new SessionFacts(
                Words<SessionKind>.Read(reader.GetString(1)), reader.GetStringOrNull(2), reader.GetString(3), runs[at]);
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            runs[Place(reader)][reader.GetGuid(1)] = new TargetedRun(
                reader.GetFieldValue<Guid?>(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetString(5),
                reader.GetFieldValue<int?>(6),
                StartedAt: null);
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var ofRequest = runs[Place(reader)];
            if (ofRequest.TryGetValue(reader.GetGuid(1), out var run))
            {
                ofRequest[reader.GetGuid(1)] = run with { StartedAt = TimeOf(reader.GetString(2)) };
            }
        }

        return requests
            .Select((request, at) => (request.Position, Facts: facts[at]))
            .Where(each => each.Facts is not null)
            .ToDictionary(each => each.Position, each => each.Facts!);
    }

    private static int Place(NpgsqlDataReader row) => (int)row.GetInt64(0) - 1;

    /// <summary>As events hold it; the database would round it where the ledger truncates.</summary>
    private static DateTimeOffset TimeOf(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static NpgsqlParameter[] Streams(IReadOnlyList<(long Position, StreamId Stream, IReadOnlyList<Guid> Targets)> requests) =>
    [
        SqlArray.Of(requests, NpgsqlDbType.Uuid, request => request.Stream.AccountId),
        SqlArray.Of(requests, NpgsqlDbType.Uuid, request => request.Stream.SessionId),
    ];
}
