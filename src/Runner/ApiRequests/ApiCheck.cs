using Ledger.Runner.Execution;
using Ledger.Runner.Wire;

namespace Ledger.Runner.ApiRequests;

/// <summary>Makes a request and judges the answer.</summary>
internal static class ApiCheck
{
    private const int ErrorStatus = 400;
    private const int ShownBody = 2000;
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Makes the request. It fails without an answer, with a failed assertion, and with a status from 400 on, or below if the check says
    /// that it should fail.
    /// </summary>
    public static async Task<Exit> PerformAsync(ApiRequest request, RunLog output, TimeProvider time, CancellationToken cancellationToken)
    {
        output.Note($"{request.Method} {request.Template}");
        using var limit = new CancellationTokenSource(RequestLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return Judge(request, await ApiConnection.SendAsync(request, time, either.Token), output, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unanswered(request, $"no whole answer came within {RequestLimit.TotalSeconds} s", output, isNetworkError: true);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Unanswered(request, LogLine.Of(e.Message), output, isNetworkError: true);
        }
        catch (UnreadableBodyException e)
        {
            return Unanswered(request, e.Message, output, isNetworkError: false);
        }
    }

    private static Exit Judge(ApiRequest request, ApiResponse response, RunLog output, CancellationToken cancellationToken)
    {
        output.Note($"answered {response.Status} after {response.Time.TotalMilliseconds:0} ms");
        var assertions = new List<AssertionDetails>();
        foreach (var assertion in request.Assertions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            assertions.Add(assertion.Check(response));
        }

        foreach (var failed in assertions.Where(a => a.Error is not null))
        {
            output.Note($"{failed.Source} {failed.Property} {failed.Comparison} {failed.Target}: {failed.Error}; found {failed.Actual}");
        }

        var isErrorStatus = response.Status >= ErrorStatus;
        var failures = assertions.Count(a => a.Error is not null);
        var message = failures > 0 ? $"{failures} of {assertions.Count} assertions failed"
            : isErrorStatus == request.ShouldFail ? null
            : isErrorStatus ? $"the answer has status {response.Status}"
            : $"the answer has status {response.Status}, and an error was expected";
        if (message is not null)
        {
            output.Write(response.Body.Length <= ShownBody ? response.Body : response.Body[..ShownBody]);
        }

        return new Exit
        {
            HasFailures = message is not null,
            Message = message,
            ResponseTime = response.Time,
            Api = new ApiDetails(
                RequestOf(request),
                new ApiResponseDetails(response.Status, response.StatusText, (long)response.Time.TotalMilliseconds),
                RequestError: null,
                assertions),
        };
    }

    private static Exit Unanswered(ApiRequest request, string problem, RunLog output, bool isNetworkError)
    {
        output.Note(problem);
        return new Exit
        {
            HasFailures = true,
            IsNetworkError = isNetworkError,
            Message = $"the request failed: {problem}",
            Api = new ApiDetails(RequestOf(request), Response: null, problem, []),
        };
    }

    private static ApiRequestDetails RequestOf(ApiRequest request) => new(request.Method.Method, request.Template);
}
