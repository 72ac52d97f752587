using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Ledger.Store.Postgres;

/// <summary>One object of the schema, as plain SQL that may be run again.</summary>
/// <param name="Name">The name of the embedded resource; files are applied in its ordinal order, one assembly after the other.</param>
/// <param name="Sql">What to run.</param>
public sealed record SchemaFile(string Name, string Sql)
{
    /// <summary>Changes when the wording does, wherever the file was checked out.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    /// <summary>The files that an assembly embeds in folders named <c>Schema</c>.</summary>
    public static IReadOnlyList<SchemaFile> Of(Assembly assembly) =>
    [
        .. assembly.GetManifestResourceNames()
            .Where(name => name.Contains(".Schema.", StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new SchemaFile(name, Read(assembly, name))),
    ];

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
