using System.Reflection;
using JasperFx.CodeGeneration;
using Ledger.Http.Checkly;
using Ledger.Http.Empirical;
using Ledger.Http.Runners;
using Ledger.Http.Stably;
using Ledger.Http.TesterArmy;
using Microsoft.AspNetCore.Http.Metadata;
using Wolverine;

namespace Ledger.Http.Hosting;

/// <summary>How the host uses Wolverine: for endpoints, whose code the build has generated (docs/http-pipeline.md), and for <see cref="Messages"/>.</summary>
public static class Endpoints
{
    /// <summary>Adds Wolverine.</summary>
    /// <param name="purpose">What the host is composed for: one that generates code cannot use what was generated.</param>
    /// <param name="isAlone">Whether no other host uses the same database.</param>
    public static void AddWolverine(this WebApplicationBuilder builder, LedgerSettings settings, HostPurpose purpose, bool isAlone)
    {
        var generates = purpose is HostPurpose.Generate;
        builder.Host.UseWolverine(
            options =>
            {
                options.ApplicationAssembly = typeof(Endpoints).Assembly;
                options.Discovery.DisableConventionalDiscovery();
                options.Durability.Mode = generates ? DurabilityMode.MediatorOnly : isAlone ? DurabilityMode.Solo : DurabilityMode.Balanced;
                TakeOverQuickly(options.Durability);
                Messages.Configure(options, settings, recurs: purpose is HostPurpose.Serve or HostPurpose.CommandWithDatabase);
                options.CodeGeneration.TypeLoadMode = generates ? TypeLoadMode.Dynamic : TypeLoadMode.Static;
            },
            ExtensionDiscovery.ManualOnly);
        builder.Services.AddWolverineHttp();
    }

    /// <summary>The work of a host that is gone is another's within seconds, not after a minute.</summary>
    private static void TakeOverQuickly(DurabilitySettings durability)
    {
        durability.FirstHealthCheckExecution = TimeSpan.FromMilliseconds(200);
        durability.HealthCheckPollingTime = TimeSpan.FromSeconds(1);
        durability.StaleNodeTimeout = TimeSpan.FromSeconds(5);
        durability.CheckAssignmentPeriod = TimeSpan.FromSeconds(1);
        durability.FirstNodeReassignmentExecution = TimeSpan.FromSeconds(1);
        durability.NodeReassignmentPollingTime = TimeSpan.FromSeconds(1);
        durability.AgentProgressPollInterval = TimeSpan.FromSeconds(1);
        durability.AgentProgressStallTimeout = TimeSpan.FromSeconds(5);
    }

    public static void MapLedgerEndpoints(this WebApplication app) => app.MapWolverineEndpoints(options =>
    {
        options.AddParameterHandlingStrategy(new Provided(typeof(Caller), typeof(CallerExtensions), nameof(CallerExtensions.Caller)));
        options.AddParameterHandlingStrategy(new Provided(typeof(IDocumentSession), typeof(KeyDocuments), nameof(KeyDocuments.Open)));
        options.AddParameterHandlingStrategy(new Provided(typeof(IQuerySession), typeof(KeyDocuments), nameof(KeyDocuments.Read)));
        options.AddParameterHandlingStrategy(new Provided(typeof(RunCall), typeof(RunCall), nameof(RunCall.OfAsync)));
        options.AddParameterHandlingStrategy<BodyParameter>();
        options.ConfigureEndpoints(chain =>
        {
            var error = ErrorOf(chain.EndpointType);
            var form = error == typeof(ProblemDetails) ? "application/problem+json" : "application/json";
            foreach (var status in chain.Method.Method.GetCustomAttribute<ErrorsAttribute>()?.Statuses ?? [])
            {
                chain.Metadata.WithMetadata(new ProducesResponseTypeMetadata(status, error, [form]));
            }

            if (ErrorOf(chain.EndpointType) == typeof(ChecklyError))
            {
                chain.Metadata.WithMetadata(
                    new AccountHeader(ChecklyRequests.AccountHeader),
                    new HeaderTextAttribute(ChecklyRequests.AccountHeader, "The account; when it is sent, it must be the key's own."));
            }

            chain.Finally(DescribeExactly);
        });
    });

    /// <summary>The form of an endpoint's errors.</summary>
    private static Type ErrorOf(Type endpoint) => Json.DialectOf(endpoint) switch
    {
        "Stably" => typeof(StablyError),
        "Checkly" => typeof(ChecklyError),
        "Empirical" => typeof(EmpiricalError),
        "TesterArmy" => typeof(TesterArmyError),
        _ => typeof(ProblemDetails),
    };

    /// <summary>Takes away what the framework supposes of an endpoint: that it may answer 404 with nothing, or 200 with an <see cref="IResult"/>.</summary>
    private static void DescribeExactly(EndpointBuilder endpoint)
    {
        var supposed = endpoint.Metadata.OfType<IProducesResponseTypeMetadata>()
            .Where(answer => answer.Type == typeof(IResult)
                || (answer.StatusCode == StatusCodes.Status404NotFound && (answer.Type is null || answer.Type == typeof(void))))
            .ToList();
        supposed.ForEach(answer => endpoint.Metadata.Remove(answer));
    }
}
