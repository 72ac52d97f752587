using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Ledger.Web.Access;

namespace Ledger.Http.Settings;

/// <summary>The names of the settings, as the properties of <see cref="LedgerSettings"/> spell them: what is not one of them is a mistake.</summary>
internal static class SettingNames
{
    /// <summary>All settings under <c>Ledger:</c>, each with its default; <c>{name}</c> stands for what the installation names itself.</summary>
    internal static IReadOnlyList<(string Name, string? Default)> All { get; } = [.. Of(LedgerSettings.Section, typeof(LedgerSettings), new LedgerSettings())];

    /// <summary>The first name that there is not, or the first value that is not of its setting's type, as one sentence; null when there is none.</summary>
    internal static string? Fault(IConfiguration configuration) =>
        Fault(configuration.GetSection(LedgerSettings.Section), typeof(LedgerSettings)) ?? FaultInConnectionStrings(configuration.GetSection("ConnectionStrings"));

    /// <summary>A misspelt connection string would have the host make a database of its own, without a word.</summary>
    private static string? FaultInConnectionStrings(IConfigurationSection section) => section[LedgerSettings.Section] is null
        ? section.GetChildren()
            .Where(child => Nearest.Distance(child.Key.ToUpperInvariant(), "LEDGER") <= 2)
            .Select(child => $"There is no setting '{child.Path}': the nearest is 'ConnectionStrings:Ledger' (--help names them all).")
            .FirstOrDefault()
        : null;

    private static string? Fault(IConfigurationSection section, Type type) => section.GetChildren()
        .Select(child => Properties(type).FirstOrDefault(property => string.Equals(property.Name, child.Key, StringComparison.OrdinalIgnoreCase)) is { } property
            ? FaultOf(child, property.PropertyType)
            : Unknown(child))
        .FirstOrDefault(fault => fault is not null);

    private static string? FaultOf(IConfigurationSection section, Type type)
    {
        if (ElementOf(type) is { } element)
        {
            return section.GetChildren().Select(child => FaultOf(child, element)).FirstOrDefault(fault => fault is not null);
        }

        if (IsGroup(type))
        {
            return section.Value is { Length: > 0 }
                ? $"'{section.Path}' is a group of settings and has no value of its own: set one of {string.Join(", ", Properties(type).Select(property => property.Name))} in it."
                : Fault(section, type);
        }

        if (section.GetChildren().FirstOrDefault() is { } below)
        {
            return Unknown(below);
        }

        var plain = Nullable.GetUnderlyingType(type) ?? type;
        var isAbsent = section.Value is null || (section.Value.Length == 0 && plain != type);
        return isAbsent || plain == typeof(string) || Converts(section.Value!, plain)
            ? null
            : $"{section.Path} must be {(plain == typeof(bool) ? "true or false" : plain == typeof(int) ? "a whole number" : $"a {plain.Name}")}, not '{section.Value}'.";
    }

    private static bool Converts(string value, Type type)
    {
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);
            return true;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Unknown(IConfigurationSection section)
    {
        while (section.GetChildren().FirstOrDefault() is { } below)
        {
            section = below;
        }

        return $"There is no setting '{section.Path}': the nearest is '{Nearest.To(section.Path, All.Select(setting => setting.Name))}' (--help names them all).";
    }

    private static IEnumerable<(string Name, string? Default)> Of(string path, Type type, object? value) => Properties(type).SelectMany(property =>
    {
        var name = $"{path}:{property.Name}";
        return Below(name, property.PropertyType, value is null ? null : property.GetValue(value));
    });

    private static IEnumerable<(string Name, string? Default)> Below(string name, Type type, object? value) => type switch
    {
        _ when ElementOf(type) is { } element && typeof(IDictionary).IsAssignableFrom(type) =>
            IsGroup(element) ? Of($"{name}:{{name}}", element, null) : [($"{name}:{{name}}", null)],
        _ when ElementOf(type) is not null => [($"{name}:{{n}}", null)],
        _ when IsGroup(type) => Of(name, type, value),
        _ => [(name, value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture))],
    };

    private static IEnumerable<PropertyInfo> Properties(Type type) => type.GetProperties().Where(property => property.CanWrite);

    private static Type? ElementOf(Type type) => type.IsArray
        ? type.GetElementType()
        : typeof(IDictionary).IsAssignableFrom(type) && type.IsGenericType ? type.GetGenericArguments()[1] : null;

    private static bool IsGroup(Type type) => type.IsClass && (type.Namespace == typeof(LedgerSettings).Namespace || type == typeof(OidcSettings));
}
