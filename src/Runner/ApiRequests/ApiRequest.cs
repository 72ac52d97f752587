using System.Net.Sockets;

namespace Ledger.Runner.ApiRequests;

/// <summary>A request that this runner makes itself, and what is expected of the answer (<c>spec.apiRequest</c>).</summary>
internal sealed record ApiRequest
{
    /// <summary>The HTTP method.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>The address, query parameters included.</summary>
    public required Uri Address { get; init; }

    /// <summary>The address as the spec has it, with the names of variables in place of their values.</summary>
    public required string Template { get; init; }

    /// <summary>The headers, in the order of the spec.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>The body; null for none.</summary>
    public string? Body { get; init; }

    /// <summary>The content type of a body whose headers name none.</summary>
    public string? DefaultContentType { get; init; }

    /// <summary>User name and password, with a colon between; null for none.</summary>
    public string? Credentials { get; init; }

    /// <summary>Whether the answer is that of the last address that redirects lead to.</summary>
    public bool FollowRedirects { get; init; }

    /// <summary>Whether any certificate will do.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>Whether an error status is what is expected.</summary>
    public bool ShouldFail { get; init; }

    /// <summary>IPv4 or IPv6 alone; null for whichever there is.</summary>
    public AddressFamily? Family { get; init; }

    /// <summary>What else is expected.</summary>
    public required IReadOnlyList<Assertion> Assertions { get; init; }
}
