using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Ledger.Projections;

/// <summary>
/// Reads records from rows: each member is the column of its name, in lower case with underscores, in whichever order they come. A word is an enum's,
/// and JSON is read as what the member is. A member that is a record itself has the columns that begin with its name; it is null where all of them are.
/// A member that is not required, and has no column, stays as it is.
/// </summary>
internal static class Record<T>
{
    private static readonly ConcurrentDictionary<string, Func<NpgsqlDataReader, T>> Known = new(StringComparer.Ordinal);

    /// <summary>The columns of all members, for the statement that finds them.</summary>
    public static string Columns { get; } = string.Join(", ", RecordShape.ColumnsOf(typeof(T), ""));

    /// <summary>Reads rows of a result.</summary>
    /// <exception cref="InvalidOperationException">A member is required, and has no column.</exception>
    public static Func<NpgsqlDataReader, T> From(NpgsqlDataReader result)
    {
        var names = string.Join(',', Enumerable.Range(0, result.FieldCount).Select(result.GetName));
        return Known.GetOrAdd(names, _ => RecordShape.Compile<T>(result));
    }
}

/// <summary>How records are made of columns.</summary>
internal static class RecordShape
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new CamelCaseEnumConverter() } };

    /// <summary>The columns of a record that is a member of another one begin with a prefix.</summary>
    public static IEnumerable<string> ColumnsOf(Type type, string prefix) => MembersOf(type).SelectMany(member => IsRecord(member.Type)
        ? ColumnsOf(member.Type, $"{prefix}{NameOf(member.Name)}_")
        : [prefix + NameOf(member.Name)]);

    /// <summary>Compiles what reads a record from the rows of a result.</summary>
    public static Func<NpgsqlDataReader, T> Compile<T>(NpgsqlDataReader result)
    {
        var row = Expression.Parameter(typeof(NpgsqlDataReader), "row");
        var columns = Enumerable.Range(0, result.FieldCount).GroupBy(result.GetName, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.First());
        return Expression.Lambda<Func<NpgsqlDataReader, T>>(Make(typeof(T), ""), row).Compile();

        Expression Make(Type type, string prefix)
        {
            var constructor = ConstructorOf(type);
            var arguments = constructor?.GetParameters().Select(parameter => Value(parameter.ParameterType, parameter.Name!, prefix)
                ?? (parameter.HasDefaultValue
                    ? Expression.Default(parameter.ParameterType)
                    : throw Missing(parameter.Name!, type))) ?? [];
            var made = constructor is null ? Expression.New(type) : Expression.New(constructor, arguments);
            var bindings = PropertiesOf(type)
                .Select(property => (Property: property, Value: Value(property.PropertyType, property.Name, prefix)
                    ?? (property.IsDefined(typeof(RequiredMemberAttribute)) ? throw Missing(property.Name, type) : null)))
                .Where(member => member.Value is not null)
                .Select(member => Expression.Bind(member.Property, member.Value!));
            return Expression.MemberInit(made, bindings);
        }

        Expression? Value(Type type, string member, string prefix)
        {
            var name = prefix + NameOf(member);
            if (columns.TryGetValue(name, out var column))
            {
                var (method, read) = IsJson(result.GetDataTypeName(column), type) ? (nameof(ReadJson), type)
                    : type.IsEnum ? (nameof(ReadWord), type)
                    : Nullable.GetUnderlyingType(type) is { IsEnum: true } word ? (nameof(ReadWordOrNull), word)
                    : (nameof(ReadValue), ListOf(type) is { } element ? element.MakeArrayType() : type);
                return Expression.Call(typeof(RecordShape), method, [read], row, Expression.Constant(column));
            }

            var part = Nullable.GetUnderlyingType(type) ?? type;
            if (!IsRecord(part) || !ColumnsOf(part, $"{name}_").Any(columns.ContainsKey))
            {
                return null;
            }

            var own = ColumnsOf(part, $"{name}_").Where(columns.ContainsKey).Select(each => columns[each]).ToArray();
            return Expression.Condition(
                Expression.Call(typeof(RecordShape), nameof(AreNull), null, row, Expression.Constant(own)),
                Expression.Default(type),
                Expression.Convert(Make(part, $"{name}_"), type));
        }
    }

    private static InvalidOperationException Missing(string member, Type type) => new($"No column is the {member} of a {type.Name}.");

    private static IEnumerable<(string Name, Type Type)> MembersOf(Type type) =>
    [
        .. ConstructorOf(type)?.GetParameters().Select(parameter => (parameter.Name!, Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType)) ?? [],
        .. PropertiesOf(type).Select(property => (property.Name, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)),
    ];

    private static ConstructorInfo? ConstructorOf(Type type) => type.GetConstructors().FirstOrDefault(constructor => constructor.GetParameters().Length > 0);

    private static IEnumerable<PropertyInfo> PropertiesOf(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property =>
        property.SetMethod is { IsPublic: true } or { IsAssembly: true }
        && ConstructorOf(type)?.GetParameters().Any(parameter => parameter.Name == property.Name) is not true);

    private static bool IsRecord(Type type) => type.Namespace?.StartsWith(nameof(Ledger), StringComparison.Ordinal) is true && !type.IsEnum;

    private static string NameOf(string member) => JsonNamingPolicy.SnakeCaseLower.ConvertName(member);

    private static Type? ListOf(Type type) =>
        type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private static bool IsJson(string column, Type member) => column is "jsonb" or "json" && member != typeof(string);

    private static bool AreNull(NpgsqlDataReader row, int[] columns) => columns.All(row.IsDBNull);

    private static T ReadValue<T>(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? default! : row.GetFieldValue<T>(column);

    private static T ReadJson<T>(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? default! : JsonSerializer.Deserialize<T>(row.GetString(column), Json)!;

    private static T ReadWord<T>(NpgsqlDataReader row, int column)
        where T : struct, Enum => Words<T>.Read(row.GetString(column));

    private static T? ReadWordOrNull<T>(NpgsqlDataReader row, int column)
        where T : struct, Enum => Words<T>.ReadOrNull(row.GetStringOrNull(column));
}
