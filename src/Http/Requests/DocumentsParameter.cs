using System.Reflection;
using JasperFx;
using JasperFx.CodeGeneration.Frames;
using JasperFx.CodeGeneration.Model;
using Ledger.Http.Access;
using Marten;
using Wolverine.Http.CodeGen;

namespace Ledger.Http.Requests;

/// <summary>
/// Gives an endpoint that has a parameter of type <see cref="IDocumentSession"/> or <see cref="IQuerySession"/> the documents of the account
/// that the key belongs to, and of no other.
/// </summary>
public sealed class DocumentsParameter : IParameterStrategy
{
    /// <summary>To change the account's documents.</summary>
    public static IDocumentSession Open(HttpContext context, IDocumentStore store) =>
        store.LightweightSession(context.Key().AccountId.ToString());

    /// <summary>To read the account's documents.</summary>
    public static IQuerySession Read(HttpContext context, IDocumentStore store) => store.QuerySession(context.Key().AccountId.ToString());

    public bool TryMatch(HttpChain chain, IServiceContainer container, ParameterInfo parameter, out Variable? variable)
    {
        var open = parameter.ParameterType == typeof(IDocumentSession) ? nameof(Open)
            : parameter.ParameterType == typeof(IQuerySession) ? nameof(Read)
            : null;
        variable = open is null ? null : new MethodCall(typeof(DocumentsParameter), open).ReturnVariable;
        return variable is not null;
    }
}
