using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Ledger.Serialization;

namespace Ledger.Http.Requests;

/// <summary>
/// The JSON of every interface: camelCase, UTC times, enums by their published words, what is required and what may be null as the types
/// say, no member twice. Where interfaces differ, the namespace of a type says to whose it belongs: natively an unknown member is refused,
/// in the dialects it is ignored; Empirical writes snake_case.
/// </summary>
public static class Json
{
    private static readonly string[] Dialects = ["Checkly", "Empirical", "Stably", "TesterArmy"];

    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>The dialect that a type belongs to by its namespace; null for none.</summary>
    public static string? DialectOf(Type type) => type.Namespace?.Split('.').FirstOrDefault(part => Dialects.Contains(part));

    /// <summary>Gives other options, such as those of the framework, the same rules.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.PropertyNameCaseInsensitive = false;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.Converters.Add(new CamelCaseEnumConverter());
        options.Converters.Add(new UtcTimeConverter());
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Adapt } };
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly();
        return options;
    }

    private static void Adapt(JsonTypeInfo type)
    {
        if (type.Kind is not JsonTypeInfoKind.Object || type.Type.Namespace?.StartsWith("Ledger", StringComparison.Ordinal) is not true)
        {
            return;
        }

        // A member that is only written may be null where its type says so, and nowhere else.
        foreach (var member in type.Properties.Where(member => member is { Get: not null, Set: null } && !member.PropertyType.IsValueType))
        {
            member.IsSetNullable = member.IsGetNullable;
        }

        switch (DialectOf(type.Type))
        {
            case null:
                type.UnmappedMemberHandling ??= JsonUnmappedMemberHandling.Disallow;
                break;
            case "Empirical":
                foreach (var member in type.Properties.Where(IsNamedByPolicy))
                {
                    member.Name = JsonNamingPolicy.SnakeCaseLower.ConvertName(((MemberInfo)member.AttributeProvider!).Name);
                }

                break;
        }
    }

    private static bool IsNamedByPolicy(JsonPropertyInfo member) =>
        member.AttributeProvider is MemberInfo own && own.GetCustomAttribute<JsonPropertyNameAttribute>() is null;
}
