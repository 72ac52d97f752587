using System.Reflection;
using JasperFx;
using JasperFx.CodeGeneration.Frames;
using JasperFx.CodeGeneration.Model;
using Wolverine.Http.CodeGen;

namespace Ledger.Http.Requests;

/// <summary>
/// Gives endpoints a parameter by its type: what a static method makes of the request. Before the body is read, so that who may not ask is told
/// that first.
/// </summary>
/// <param name="type">The type of the parameter.</param>
/// <param name="provider">Where the method is.</param>
/// <param name="method">Its name.</param>
internal sealed class Provided(Type type, Type provider, string method) : IParameterStrategy
{
    public bool TryMatch(HttpChain chain, IServiceContainer container, ParameterInfo parameter, out Variable? variable)
    {
        variable = null;
        if (parameter.ParameterType == type)
        {
            // Asked once for each method of the chain: two calls would declare one variable twice.
            var call = chain.Middleware.OfType<MethodCall>().FirstOrDefault(frame => frame.HandlerType == provider && frame.Method.Name == method);
            if (call is null)
            {
                chain.Middleware.Insert(0, call = new MethodCall(provider, method));
            }

            variable = call.ReturnVariable;
        }

        return variable is not null;
    }
}

/// <summary>The documents of the account that the key belongs to, and of no other.</summary>
public static class KeyDocuments
{
    public static IDocumentSession Open(HttpContext context, IDocumentStore store) => store.LightweightSession(context.Key().AccountId.ToString());

    public static IQuerySession Read(HttpContext context, IDocumentStore store) => store.QuerySession(context.Key().AccountId.ToString());
}
