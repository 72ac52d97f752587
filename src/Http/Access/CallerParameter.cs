using System.Reflection;
using JasperFx;
using JasperFx.CodeGeneration.Frames;
using JasperFx.CodeGeneration.Model;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Wolverine.Http.CodeGen;

namespace Ledger.Http.Access;

/// <summary>Gives an endpoint that has a parameter of type <see cref="Caller"/> the one that the key names.</summary>
public sealed class CallerParameter : IParameterStrategy
{
    /// <summary>Who asks, with the trace that the request belongs to.</summary>
    public static Caller Of(HttpContext context)
    {
        var key = context.Key();
        return new Caller(key.AccountId, key.Actor, key.Project, context.EventContext());
    }

    public bool TryMatch(HttpChain chain, IServiceContainer container, ParameterInfo parameter, out Variable? variable)
    {
        variable = null;
        if (parameter.ParameterType == typeof(Caller))
        {
            // Asked once for each method of the chain: two calls would declare one variable twice.
            var call = chain.Middleware.OfType<MethodCall>().FirstOrDefault(frame => frame.HandlerType == typeof(CallerParameter));
            if (call is null)
            {
                chain.Middleware.Insert(0, call = new MethodCall(typeof(CallerParameter), nameof(Of)));
            }

            variable = call.ReturnVariable;
        }

        return variable is not null;
    }
}

/// <summary>What lists and reports ask of a caller, for they read projections, and no session is there to be looked at.</summary>
public static class CallerExtensions
{
    /// <summary>The project to look in: the caller's own, else the one that is asked for; null for all.</summary>
    /// <exception cref="RequestRejected">403 when another than the caller's own is asked for.</exception>
    public static string? Within(this Caller caller, string? project) => (caller.Project, project) switch
    {
        (null, _) => project,
        ({ } own, null) => own,
        ({ } own, { } asked) when string.Equals(own, asked, StringComparison.Ordinal) => own,
        _ => throw RequestRejected.Forbidden("The key is bound to another project."),
    };

    /// <summary>Lets through who knows of the whole account, for what no project can be told apart in.</summary>
    /// <exception cref="RequestRejected">403 for a key that is bound to a project.</exception>
    public static void RequireWholeAccount(this Caller caller)
    {
        if (caller.Project is not null)
        {
            throw RequestRejected.Forbidden("The key is bound to a project, and this is about the whole account.");
        }
    }
}
