using System.Collections.Concurrent;

namespace Ledger.Http.Tests.Dialects.Checkly.Published;

/// <summary>Holds every answer that a test gets to the published description, if that is at hand.</summary>
internal sealed class PublishedAnswers() : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>What was checked: method, path and status.</summary>
    public ConcurrentQueue<(string Method, string Path, int Status)> Checked { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (PublishedDescription.Instance is { } published)
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
