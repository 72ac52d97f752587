using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>Something that was done to a projection by hand, or came of it.</summary>
/// <param name="Number">Its number, ascending.</param>
/// <param name="Projection">The projection.</param>
/// <param name="Action">What: <c>retry</c>, <c>skip</c>, <c>rebuild</c>, <c>rebuilt</c>, <c>rebuildFailed</c> or <c>discard</c>.</param>
/// <param name="Actor">Who asked for it.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="Position">The event that it is about, or the position that it was done at; null for none.</param>
/// <param name="Error">What stood in its way; null for nothing.</param>
/// <param name="Reason">Why, or with what result; null where nothing was said.</param>
public sealed record ProjectionAction(
    long Number, string Projection, string Action, string Actor, DateTimeOffset At, long? Position, string? Error, string? Reason)
{
    internal const string Retry = "retry";
    internal const string Skip = "skip";
    internal const string Rebuild = "rebuild";
    internal const string Rebuilt = "rebuilt";
    internal const string RebuildFailed = "rebuildFailed";
    internal const string Discard = "discard";

    // Of each projection the newest: an index scan that ends after the limit.
    private const string ReadSql = """
        select a.id, a.projection, a.action, a.actor, a.at, a.position, a.error, a.reason
        from unnest($1) as p(name)
        cross join lateral (
          select * from ledger.projection_actions a where a.projection = p.name and a.id < $2 order by a.id desc limit $3
        ) a
        order by a.projection, a.id desc
        """;

    private const string WriteSql = """
        insert into ledger.projection_actions (projection, action, actor, position, error, reason) values ($1, $2, $3, $4, $5, $6)
        """;

    internal static async Task<IReadOnlyList<ProjectionAction>> ReadAsync(
        NpgsqlDataSource dataSource, string[] projections, int limit, long before, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(ReadSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = projections });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var actions = new List<ProjectionAction>();
        while (await reader.ReadAsync(cancellation))
        {
            actions.Add(new ProjectionAction(
                reader.GetInt64(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                reader.GetFieldValue<long?>(5),
                reader.GetStringOrNull(6),
                reader.GetStringOrNull(7)));
        }

        return actions;
    }

    /// <summary>The statement that records an action, to run in the transaction that does it.</summary>
    internal static NpgsqlCommand Write(
        NpgsqlConnection connection, string projection, string action, string actor, long? position, string? error, string? reason) =>
        new(WriteSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = projection },
                new NpgsqlParameter<string> { TypedValue = action },
                new NpgsqlParameter<string> { TypedValue = actor },
                new NpgsqlParameter<long?> { TypedValue = position },
                new NpgsqlParameter<string?> { TypedValue = error },
                new NpgsqlParameter<string?> { TypedValue = reason },
            },
        };
}
