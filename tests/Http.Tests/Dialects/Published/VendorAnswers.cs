using System.Collections.Concurrent;

namespace Ledger.Http.Tests.Dialects.Published;

/// <summary>Holds every answer that a test gets to its vendor's published description, if that is at hand.</summary>
internal class VendorAnswers(VendorDescription? published) : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>What was checked: method, path and status.</summary>
    public ConcurrentQueue<(string Method, string Path, int Status)> Checked { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (published is not null)
        {
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            var path = request.RequestUri!.AbsolutePath;
            var status = (int)response.StatusCode;
            var contentType = response.Content.Headers.ContentType?.ToString();
            if (published.FaultsOf(request.Method.Method, path, status, contentType, body) is { } faults)
            {
                faults.ShouldBeEmpty($"{request.Method} {request.RequestUri.PathAndQuery} answered {status}: {body}");
                Checked.Enqueue((request.Method.Method, path, status));
            }
        }

        return response;
    }
}
