using System.Reflection;
using JasperFx;
using JasperFx.CodeGeneration.Frames;
using JasperFx.CodeGeneration.Model;
using Wolverine.Http.CodeGen;

namespace Ledger.Http.Requests;

/// <summary>
/// Gives an endpoint's parameter <c>[FromBody]</c> the body as <see cref="Body"/> reads it: absent where the parameter may be null, and
/// refused otherwise. The routes know nothing of it, so that no content type decides whether one is found.
/// </summary>
public sealed class BodyParameter : IParameterStrategy
{
    public bool TryMatch(HttpChain chain, IServiceContainer container, ParameterInfo parameter, out Variable? variable)
    {
        variable = null;
        if (parameter.GetCustomAttribute<FromBodyAttribute>() is null)
        {
            return false;
        }

        // One of its own, for it cannot be shared: several hosts of one process are composed at once.
        var isRequired = new NullabilityInfoContext().Create(parameter).WriteState is not NullabilityState.Nullable;
        var read = typeof(Body).GetMethod(isRequired ? nameof(Body.RequiredAsync) : nameof(Body.OptionalAsync))!;
        variable = new MethodCall(typeof(Body), read.MakeGenericMethod(parameter.ParameterType)).ReturnVariable;
        chain.Metadata.WithMetadata(new RequestBodyType(parameter.ParameterType, isRequired));
        return true;
    }
}
