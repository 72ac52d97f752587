using Npgsql;

namespace Ledger.Projections;

/// <summary>
/// The conditions of a query, with their values in its command. Only those that are asked for stand in the statement, so that the database
/// can choose an index for them.
/// </summary>
internal sealed class SqlConditions(NpgsqlCommand command)
{
    private readonly List<string> conditions = [];

    /// <summary>Adds a condition that has no value.</summary>
    public void Add(string condition) => conditions.Add(condition);

    /// <summary>Adds a condition unless its value is null; <c>{0}</c> stands for the value.</summary>
    public void Add(string condition, object? value)
    {
        if (value is not null)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
            conditions.Add(condition.Replace("{0}", $"${command.Parameters.Count}"));
        }
    }

    /// <summary>All of them.</summary>
    public override string ToString() => string.Join(" and ", conditions);
}
