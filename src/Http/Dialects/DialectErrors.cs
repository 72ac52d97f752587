namespace Ledger.Http.Dialects;

/// <summary>How routes of a dialect describe their errors in the OpenAPI document.</summary>
public static class DialectErrors
{
    /// <summary>Describes the errors that a route answers with, all in one envelope.</summary>
    /// <typeparam name="TEnvelope">The dialect's envelope.</typeparam>
    public static RouteHandlerBuilder ProducesErrorsAs<TEnvelope>(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<TEnvelope>(status);
        }

        return route;
    }
}
