using Ledger.Projections.Daemon;

namespace Ledger.Projections.Tests.Rebuild;

/// <summary>Every projection that keeps rows, whoever wrote it.</summary>
internal static class RegisteredProjections
{
    public static IReadOnlyList<Projection> All =>
    [
        .. typeof(Projection).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Projection)) && !type.IsAbstract && type.GetConstructor([]) is not null)
            .Select(type => (Projection)Activator.CreateInstance(type)!)
            .Where(projection => ProjectionTables.Of(projection).Exist),
    ];
}
