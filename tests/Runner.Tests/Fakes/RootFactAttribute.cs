
namespace Ledger.Runner.Tests.Fakes;

/// <summary>A test of what the system lets only root do.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = Posix.IsRoot ? null : "only root may change the user";
}
