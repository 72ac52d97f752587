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

    /// <summary>Adds a condition that one of some values fulfils, unless there are none.</summary>
    public void AddAny<T>(string condition, IReadOnlyCollection<T> values, Func<T, string> word)
    {
        if (values.Count > 0)
        {
            Add(condition, values.Select(word).ToArray());
        }
    }

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

/// <summary>Reads what a command finds.</summary>
internal static class Reading
{
    /// <summary>All rows of it, of which the statement says how many there are at most.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<T>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(read(reader));
        }

        return found;
    }

    /// <summary>A page of a list: the statement finds one row more than it has room for, which tells whether there is a next one.</summary>
    /// <returns>The page, and the place after its last entry; null when that is the last one of all.</returns>
    public static async Task<(IReadOnlyList<T> Page, TPlace? Next)> ReadPageAsync<T, TPlace>(
        this NpgsqlCommand command, int limit, Func<NpgsqlDataReader, T> read, Func<T, TPlace> placeOf, CancellationToken cancellation)
        where TPlace : struct
    {
        var found = await command.ReadAllAsync(read, cancellation);
        if (found.Count <= limit)
        {
            return (found, null);
        }

        found.RemoveRange(limit, found.Count - limit);
        return (found, placeOf(found[^1]));
    }

    /// <summary>Holds a list to its bounds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    public static void RejectBeyond(int limit, int maximum, long offset = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, maximum);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
    }
}
