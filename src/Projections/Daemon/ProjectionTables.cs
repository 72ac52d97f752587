using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Ledger.Store.Postgres;

namespace Ledger.Projections.Daemon;

/// <summary>
/// The tables of a projection: those that the schema files beside its code make without naming a schema. Files that name one make
/// something that is not made from events, and belongs to nobody's rows.
/// </summary>
internal sealed partial class ProjectionTables
{
    private static readonly ConcurrentDictionary<Type, ProjectionTables> Known = new();

    private ProjectionTables(IReadOnlyList<SchemaFile> files)
    {
        Files = [.. files.Where(file => TableOf(file) is not null || Unqualified(file))];
        Names = [.. Files.Select(TableOf).OfType<string>()];
    }

    /// <summary>The names of the tables, without a schema.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether there are any; a reaction has none.</summary>
    public bool Exist => Names.Count > 0;

    /// <summary>All files that make them, in order.</summary>
    public IReadOnlyList<SchemaFile> Files { get; }

    /// <summary>The files without which no row can be stored.</summary>
    public IEnumerable<SchemaFile> Structure => Files.Where(file => !IsIndex(file));

    /// <summary>The files that make indexes, which are cheaper to make when the rows are there.</summary>
    public IEnumerable<SchemaFile> Indexes => Files.Where(IsIndex);

    /// <summary>Changes with the wording of any of the files.</summary>
    public string Fingerprint => string.Join(' ', Files.Select(file => file.Checksum[..8]));

    /// <summary>The tables of a projection.</summary>
    public static ProjectionTables Of(Projection projection) => Known.GetOrAdd(projection.GetType(), Read);

    private static ProjectionTables Read(Type type)
    {
        var folder = $"{type.Namespace}.Schema.";
        return new ProjectionTables(
            [.. SchemaFile.Of(type.Assembly).Where(file => file.Name.StartsWith(folder, StringComparison.Ordinal))]);
    }

    private static string? TableOf(SchemaFile file) => Table().Match(file.Sql) is { Success: true } match ? match.Groups["name"].Value : null;

    private static bool IsIndex(SchemaFile file) => Index().IsMatch(file.Sql);

    private static bool Unqualified(SchemaFile file) => !file.Sql.Contains($" {ProjectionSchema.Live}.", StringComparison.Ordinal);

    [GeneratedRegex(@"^create table if not exists (?<name>\w+) \(", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Table();

    [GeneratedRegex(@"^create (unique )?index ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Index();
}
