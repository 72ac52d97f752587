using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// The statement that finds the requests of a query. Only the filters that are there stand in it, so that the database can choose an index
/// for them; an actor is looked for by id and by name on its own, each along its index.
/// </summary>
internal static class CancelsConditions
{
    /// <summary>The position, the time and the number of runs of each request, newest first; the values are added to the command.</summary>
    public static string Select(CancelsQuery query, int limit, NpgsqlCommand command)
    {
        var conditions = string.Join(" and ", Of(query, command));
        if (query.Actor is null)
        {
            return Select(conditions, limit);
        }

        var actor = Parameter(command, query.Actor);
        return $"""
            select * from (
              ({Select($"{conditions} and actor_id = {actor}", limit)})
              union
              ({Select($"{conditions} and actor_name = {actor}", limit)})) found
            order by requested_at desc, position desc limit {limit}
            """;
    }

    private static string Select(string conditions, int limit) => $"""
        select position, requested_at, targets + skipped_count as runs from ledger.cancels where {conditions}
        order by requested_at desc, position desc limit {limit}
        """;

    private static List<string> Of(CancelsQuery query, NpgsqlCommand command)
    {
        var conditions = new List<string>();
        Add("account_id = {0}", query.AccountId);
        Add("project = {0}", query.Project);
        Add("requested_at >= {0}", query.From?.ToUniversalTime());
        Add("requested_at < {0}", query.To?.ToUniversalTime());
        AddWords("via", query.Via, Words<CancelVia>.Of);
        AddWords("cause", query.Causes, Words<CancelCause>.Of);
        AddWords("outcome", query.Outcomes, Words<CancelOutcome>.Of);
        if (query.After is { } after)
        {
            Add($"(requested_at, position) < ({{0}}, {after.Position})", after.At.ToUniversalTime());
        }

        return conditions;

        void Add(string condition, object? value)
        {
            if (value is not null)
            {
                conditions.Add(condition.Replace("{0}", Parameter(command, value)));
            }
        }

        // One word as such, not as a list of one: then an index gives its rows in the order of the list.
        void AddWords<T>(string column, IReadOnlyList<T> values, Func<T, string> word)
        {
            if (values.Count > 0)
            {
                Add(
                    values.Count == 1 ? $"{column} = {{0}}" : $"{column} = any({{0}})",
                    values.Count == 1 ? word(values[0]) : values.Select(word).ToArray());
            }
        }
    }

    private static string Parameter(NpgsqlCommand command, object value)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = value });
        return $"${command.Parameters.Count}";
    }
}
