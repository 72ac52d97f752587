using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using Weasel.Core;
using Weasel.Storage;

namespace Ledger.Projections.Daemon;

/// <summary>Parallel arrays for <c>unnest</c>: one parameter for each column, one element for each row.</summary>
internal static class SqlArray
{
    /// <summary>A column of values.</summary>
    public static NpgsqlParameter Of<TRow, T>(IReadOnlyList<TRow> rows, NpgsqlDbType element, Func<TRow, T> value) =>
        new NpgsqlParameter<T[]> { TypedValue = [.. rows.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | element };

    /// <summary>A statement over such columns.</summary>
    public static NpgsqlBatchCommand Command(string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}

/// <summary>A statement of a projection, as Marten queues it for the transaction of a page. It returns no rows.</summary>
/// <param name="command">The statement, with its parameters as <c>$1</c> and so on.</param>
internal sealed partial class Statement(NpgsqlBatchCommand command) : Marten.Internal.Operations.IStorageOperation, NoDataReturnedCall
{
    /// <summary>No document's: Marten looks for no table.</summary>
    public Type DocumentType => typeof(Marten.Storage.StorageFeatures);

    /// <inheritdoc/>
    public void ConfigureCommand(Weasel.Postgresql.ICommandBuilder builder, IStorageSession session)
    {
        var at = 0;
        foreach (Match place in Place().Matches(command.CommandText))
        {
            builder.Append(command.CommandText[at..place.Index]);
            var parameter = command.Parameters[int.Parse(place.ValueSpan[1..], CultureInfo.InvariantCulture) - 1];
            builder.AppendParameter(parameter.Value ?? DBNull.Value, parameter.NpgsqlDbType);
            at = place.Index + place.Length;
        }

        builder.Append(command.CommandText[at..]);
    }

    void Weasel.Storage.IStorageOperation.ConfigureCommand(ICommandBuilder builder, IStorageSession session) =>
        ConfigureCommand((Weasel.Postgresql.ICommandBuilder)builder, session);

    /// <inheritdoc/>
    public Task PostprocessAsync(DbDataReader reader, IList<Exception> exceptions, CancellationToken token) => Task.CompletedTask;

    /// <inheritdoc/>
    public OperationRole Role() => OperationRole.Other;

    [GeneratedRegex(@"\$\d+", RegexOptions.None, 1000)]
    private static partial Regex Place();
}
