namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>The routes of this dialect.</summary>
internal static class TesterArmyRoutes
{
    public static void MapTesterArmy(this IEndpointRouteBuilder root) => _ = root;
}
