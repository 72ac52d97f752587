using System.Net.Sockets;
using System.Text.Json;
using Ledger.Runner.Execution;

namespace Ledger.Runner.ApiRequests;

/// <summary>Reads <c>spec.apiRequest</c>.</summary>
internal static class ApiRequestReader
{
    private const int MaximumPairs = 200;
    private const int MaximumAssertions = 100;
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    /// <summary>Reads a request and puts the run's variables in it.</summary>
    /// <exception cref="UnusableSpecException">It cannot be made; the message says why.</exception>
    public static ApiRequest Read(SpecObject members, IReadOnlyDictionary<string, string?> environment)
    {
        var variables = new Variables(environment);
        var template = members.RequiredText("url");
        var (body, contentType) = BodyOf(members, variables);
        return new ApiRequest
        {
            Method = MethodOf(members),
            Address = AddressOf(variables.Fill(template), Pairs(members, "queryParameters", variables), members),
            Template = template,
            Headers = [.. Pairs(members, "headers", variables).Select(header => Checked(header, members))],
            Body = body,
            DefaultContentType = contentType,
            Credentials = members.Object("basicAuth") is { } credentials
                ? $"{variables.Fill(credentials.Text("username") ?? "")}:{variables.Fill(credentials.Text("password") ?? "")}"
                : null,
            FollowRedirects = members.Flag("followRedirects", otherwise: true),
            SkipCertificateCheck = members.Flag("skipSSL", otherwise: false),
            ShouldFail = members.Flag("shouldFail", otherwise: false),
            Family = FamilyOf(members),
            Assertions = [.. members.Objects("assertions", MaximumAssertions).Select(a => Assertion.Read(a, variables))],
        };
    }

    private static HttpMethod MethodOf(SpecObject members)
    {
        var method = members.Text("method")?.ToUpperInvariant() ?? "GET";
        return Methods.Contains(method)
            ? new HttpMethod(method)
            : throw new UnusableSpecException($"{members.Path}.method must be one of {string.Join(", ", Methods)}");
    }

    private static Uri AddressOf(string url, IEnumerable<KeyValuePair<string, string>> parameters, SpecObject members)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new UnusableSpecException($"{members.Path}.url is no http or https address");
        }

        var query = string.Join('&', parameters.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        if (query.Length == 0)
        {
            return address;
        }

        var builder = new UriBuilder(address);
        builder.Query = builder.Query.Length > 1 ? $"{builder.Query}&{query}" : query;
        return builder.Uri;
    }

    private static (string? Body, string? ContentType) BodyOf(SpecObject members, Variables variables)
    {
        var type = members.Text("bodyType") ?? "NONE";
        var body = members.Text("body") is { Length: > 0 } text ? variables.Fill(text) : null;
        return (type, body) switch
        {
            ("NONE" or "", null) => (null, null),
            ("NONE" or "" or "RAW", _) => (body, "text/plain"),
            ("JSON", _) => (body, "application/json"),
            ("FORM", _) => (body, "application/x-www-form-urlencoded"),
            ("GRAPHQL", _) => (JsonSerializer.Serialize(new { query = body ?? "" }), "application/json"),
            _ => throw new UnusableSpecException($"{members.Path}.bodyType is {LogLine.Of(type)}, which this runner does not know"),
        };
    }

    private static AddressFamily? FamilyOf(SpecObject members) => members.Text("ipFamily") switch
    {
        null => null,
        "IPv4" => AddressFamily.InterNetwork,
        "IPv6" => AddressFamily.InterNetworkV6,
        var other => throw new UnusableSpecException($"{members.Path}.ipFamily is {LogLine.Of(other)}, which this runner does not know"),
    };

    private static IEnumerable<KeyValuePair<string, string>> Pairs(SpecObject members, string name, Variables variables) =>
        members.Objects(name, MaximumPairs).Select(pair =>
            KeyValuePair.Create(variables.Fill(pair.RequiredText("key")), variables.Fill(pair.Text("value") ?? "")));

    private static KeyValuePair<string, string> Checked(KeyValuePair<string, string> header, SpecObject members) =>
        header.Key.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)) && !header.Value.AsSpan().ContainsAny('\r', '\n')
            ? header
            : throw new UnusableSpecException($"{members.Path}.headers holds {LogLine.Of(header.Key)}, which cannot be sent");
}
