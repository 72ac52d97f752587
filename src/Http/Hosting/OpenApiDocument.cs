using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Dialects;
using Ledger.Http.Dialects.Empirical;
using Ledger.Http.Requests;
using Ledger.Serialization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Ledger.Http.Hosting;

/// <summary>The OpenAPI 3.1 document at <c>/openapi/v1.json</c>, with every route, the dialects included (http.md).</summary>
public static class OpenApiDocument
{
    private const string BearerScheme = "key";

    public static void AddLedgerOpenApi(this IServiceCollection services)
    {
        // Answers are written with the options of their dialects; these are what the document learns the words of enums from.
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.Converters.Add(new CamelCaseEnumConverter()));
        services.AddOpenApi("v1", Describe);
    }

    private static void Describe(OpenApiOptions options)
    {
        options.ShouldInclude = _ => true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Ledger";
            document.Info.Version = "1";
            document.Info.Description = "An event-sourced cancellation ledger for end-to-end tests.";
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [BearerScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type.Namespace?.StartsWith(typeof(EmpiricalDialect).Namespace!, StringComparison.Ordinal) is true)
            {
                Rename(schema, EmpiricalJson.Options.PropertyNamingPolicy!);
            }

            return Task.CompletedTask;
        });
    }

    private static void Rename(OpenApiSchema schema, JsonNamingPolicy naming)
    {
        schema.Properties = schema.Properties?.ToDictionary(
            member => naming.ConvertName(member.Key), member => member.Value, StringComparer.Ordinal);
        schema.Required = schema.Required?.Select(naming.ConvertName).ToHashSet(StringComparer.Ordinal);
    }

    private static async Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<RequestBodyType>().LastOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = body.IsRequired,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [body.ContentType] = new() { Schema = await context.GetOrCreateSchemaAsync(body.Type, null, cancellation) },
                },
            };
        }

        foreach (var parameter in metadata.OfType<RequestParameter>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(Describe(parameter));
        }

        if (metadata.OfType<RequiredScopes>().LastOrDefault() is { } required)
        {
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, context.Document)] = [] },
            ];
            operation.Description = $"Scope: {string.Join(" or ", required.Scopes.Select(ScopeNames.Of))}.";
            if (metadata.OfType<Dialect>().LastOrDefault() == NativeDialect.Instance)
            {
                operation.Responses ??= [];
                operation.Responses["default"] = await DescribeProblemAsync(context, cancellation);
            }
        }
    }

    private static OpenApiParameter Describe(RequestParameter parameter)
    {
        var one = new OpenApiSchema { Type = parameter.Type };
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = parameter.Place,
            Required = parameter.IsRequired,
            Description = parameter.Description,
            Schema = parameter.IsArray ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = one } : one,
        };
    }

    private static async Task<OpenApiResponse> DescribeProblemAsync(
        OpenApiOperationTransformerContext context, CancellationToken cancellation) => new()
        {
            Description = "What is wrong, after RFC 9457.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["application/problem+json"] = new()
                {
                    Schema = await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellation),
                },
            },
        };
}
