namespace Ledger.Http.Dialects.Stably;

/// <summary>The routes of this dialect.</summary>
internal static class StablyRoutes
{
    public static void MapStably(this IEndpointRouteBuilder root) => _ = root;
}
