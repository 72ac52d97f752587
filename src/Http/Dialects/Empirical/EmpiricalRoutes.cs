namespace Ledger.Http.Dialects.Empirical;

/// <summary>The routes of this dialect.</summary>
internal static class EmpiricalRoutes
{
    public static void MapEmpirical(this IEndpointRouteBuilder root) => _ = root;
}
