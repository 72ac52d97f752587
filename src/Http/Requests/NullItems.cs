using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;

namespace Ledger.Http.Requests;

/// <summary>
/// Refuses null as an item of a list, or as a value of a dictionary, whose type says that there is none. The serializer holds members to what
/// their types say of null, but not what is in collections.
/// </summary>
internal static class NullItems
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<Member>> Members = new();

    /// <summary>Fails when there is one.</summary>
    /// <exception cref="JsonException">Its path leads to it.</exception>
    public static void Reject(object? value)
    {
        if (Find(value, "$") is { } path)
        {
            throw new JsonException($"There is a null at {path}.", path, 0, 0);
        }
    }

    private static string? Find(object? value, string path)
    {
        if (value is null || !IsOurs(value.GetType()))
        {
            return null;
        }

        foreach (var member in Members.GetOrAdd(value.GetType(), MembersOf))
        {
            var inner = member.Property.GetValue(value);
            var at = $"{path}.{member.Name}";
            if ((inner is IEnumerable items and not string ? FindIn(items, at, member.RefusesNull) : Find(inner, at)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static string? FindIn(IEnumerable items, string path, bool refusesNull)
    {
        if (items is IDictionary dictionary)
        {
            items = dictionary.Values;
        }

        var index = 0;
        foreach (var item in items)
        {
            var at = $"{path}[{index++}]";
            if ((item is null && refusesNull ? at : Find(item, at)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("Ledger", StringComparison.Ordinal) is true && type.IsClass;

    private static List<Member> MembersOf(Type type) =>
    [
        .. Json.Options.GetTypeInfo(type).Properties
            .Where(member => member.AttributeProvider is PropertyInfo { PropertyType: var kind } && (IsOurs(kind) || MayHold(kind)))
            .Select(member => new Member((PropertyInfo)member.AttributeProvider!, member.Name, RefusesNull((PropertyInfo)member.AttributeProvider!))),
    ];

    /// <summary>Whether a collection may hold what is of interest here: no collection of numbers, or of anything else that cannot be null.</summary>
    private static bool MayHold(Type type) => type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable)) && !type.IsValueType
        && !(type.IsGenericType && type.GetGenericArguments()[^1].IsValueType);

    private static bool RefusesNull(PropertyInfo property)
    {
        var kind = new NullabilityInfoContext().Create(property);
        return (kind.ElementType ?? kind.GenericTypeArguments.LastOrDefault())?.ReadState is NullabilityState.NotNull;
    }

    private sealed record Member(PropertyInfo Property, string Name, bool RefusesNull);
}
