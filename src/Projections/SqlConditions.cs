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

    /// <summary>Adds a condition that one of some values fulfils, unless there are none.</summary>
    public void AddAny<T>(string condition, IReadOnlyCollection<T> values, Func<T, string> word)
    {
        if (values.Count > 0)
        {
            Add(condition, values.Select(word).ToArray());
        }
    }

    /// <summary>Only what belongs to a session of a project, as the list of sessions knows it; null for all.</summary>
    public void AddProject(string table, string? project) => Add(
        $"exists (select from ledger.session_list s where s.account_id = {table}.account_id and s.session_id = {table}.session_id and s.project = {{0}})",
        project);

    /// <summary>Only what comes after a place, in a list that is ordered by a time and a position, newest first.</summary>
    public void AddAfter(string time, string position, TimeCursor? place)
    {
        if (place is { } after)
        {
            Add($"({time}, {position}) < ({{0}}, {after.Position})", after.At.ToUniversalTime());
        }
    }

    /// <summary>All of them.</summary>
    public override string ToString() => string.Join(" and ", conditions);
}
