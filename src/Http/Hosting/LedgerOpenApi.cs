using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using Ledger.Http.TesterArmy;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Ledger.Http.Hosting;

/// <summary>The OpenAPI 3.1 document at <c>/openapi/v1.json</c>, with every route, the dialects included.</summary>
public static class LedgerOpenApi
{
    private const string BearerScheme = "key";

    public static void AddLedgerOpenApi(this IServiceCollection services)
    {
        services.AddOpenApi("v1", Describe);
    }

    /// <summary>The document as a page, at <c>/docs</c>. Its script is the host's own; the page fetches nothing from elsewhere, and may not.</summary>
    public static void MapApiReference(this WebApplication app) => app.MapScalarApiReference("/docs", (options, context) =>
    {
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; worker-src blob:; frame-ancestors 'none'";
        options.WithTitle("Ledger").DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideDeveloperTools().HideClientButton();
        options.DefaultHttpClient = new(ScalarTarget.Shell, ScalarClient.Curl);
    }).AllowAnonymous();

    private static void Describe(OpenApiOptions options)
    {
        options.ShouldInclude = _ => true;
        options.CreateSchemaReferenceId = new SchemaNames().Of;
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
            SecondMount.Describe(document);
            Sort(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // What is refused of requests need not be said of answers.
            if (!context.JsonTypeInfo.Type.IsDefined(typeof(JsonUnmappedMemberHandlingAttribute), inherit: false))
            {
                schema.AdditionalPropertiesAllowed = true;
            }

            // What an answer computes is always there, and so is everything in a record that inherits and cannot be read: it is an answer. Not so what is
            // left out when it is null.
            var type = context.JsonTypeInfo;
            var isAnswer = type.CreateObject is null && type.Type.BaseType?.Namespace?.StartsWith(nameof(Ledger), StringComparison.Ordinal) is true;
            var present = type.Properties
                .Where(member => member.ShouldSerialize is null && (isAnswer || member is { Get: not null, Set: null }))
                .Select(member => member.Name)
                .ToHashSet();
            if (present.Count > 0)
            {
                schema.Required = isAnswer ? present : (schema.Required ?? present).Union(present).ToHashSet();
            }

            // Members come in the order in which they were looked at first, which may be another one each time.
            if (schema.Required is not null)
            {
                schema.Required = new SortedSet<string>(schema.Required, StringComparer.Ordinal);
            }

            // Nobody can see from a converter what it writes.
            if (Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) is var inner
                && (inner ?? context.JsonTypeInfo.Type) == typeof(DateTimeOffset))
            {
                schema.Type = inner is null ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
                schema.Format = "date-time";
            }

            return Task.CompletedTask;
        });
    }

    /// <summary>By name, so that the document does not depend on the order in which routes are mapped.</summary>
    private static void Sort(OpenApiDocument document)
    {
        var paths = document.Paths.OrderBy(path => path.Key, StringComparer.Ordinal).ToList();
        document.Paths.Clear();
        foreach (var (path, item) in paths)
        {
            document.Paths.Add(path, item);
            if (item is OpenApiPathItem { Operations: { } operations } own)
            {
                own.Operations = operations.OrderBy(operation => operation.Key.Method, StringComparer.Ordinal).ToDictionary();
            }
        }

        document.Tags = document.Tags?.OrderBy(tag => tag.Name, StringComparer.Ordinal).ToHashSet();
    }

    private static async Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        (operation.OperationId, operation.Description) = (null, null);
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

        foreach (var parameter in metadata.OfType<RequestParameterAttribute>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(Describe(parameter));
        }

        if (metadata.OfType<IAuthorizeData>().LastOrDefault()?.Policy is { } policy)
        {
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(BearerScheme, context.Document)] = [] },
            ];
            operation.Description = $"Scope: {policy}.";
            if (NativeProblems.Claims($"/{context.Description.RelativePath}"))
            {
                operation.Responses ??= [];
                operation.Responses["default"] = await DescribeProblemAsync(context, cancellation);
            }
        }

        foreach (var text in metadata.OfType<TextAnswersAttribute>().SelectMany(answers => answers.ContentTypes))
        {
            operation.Responses!["200"].Content![text] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        var responses = operation.Responses?.OrderBy(response => response.Key, StringComparer.Ordinal).ToList() ?? [];
        operation.Responses?.Clear();
        responses.ForEach(response => operation.Responses!.Add(response.Key, response.Value));
    }

    private static OpenApiParameter Describe(RequestParameterAttribute parameter)
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

/// <summary>
/// What types are called in the document. The framework calls them by their short names and takes the first of two that have the same: here
/// those of a dialect bear its name, and two that are called alike are an error.
/// </summary>
public sealed class SchemaNames
{
    private readonly ConcurrentDictionary<string, Type> taken = new(StringComparer.Ordinal);

    /// <summary>The name; null for a type that is described where it stands.</summary>
    /// <exception cref="InvalidOperationException">Another type has that name.</exception>
    public string? Of(JsonTypeInfo type)
    {
        if (OpenApiOptions.CreateDefaultSchemaReferenceId(type) is not { } name)
        {
            return null;
        }

        var own = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (Json.DialectOf(own) is { } dialect && !name.StartsWith(dialect, StringComparison.Ordinal))
        {
            name = dialect + name;
        }

        return taken.GetOrAdd(name, own) is var other && other == own
            ? name
            : throw new InvalidOperationException($"{other} and {own} would both be called {name} in the OpenAPI document.");
    }
}
