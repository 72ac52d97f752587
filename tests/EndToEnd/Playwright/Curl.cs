using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Playwright;

/// <summary>The genuine curl, called with the arguments that Checkly's documentation shows.</summary>
internal static class Curl
{
    /// <summary>Cancels a whole check session as the concept page does it. The answer's status.</summary>
    public static Task<string> CancelAsync(LedgerProcess ledger, string sessionId) => RunAsync(
        ledger,
        "-X", "POST", $"{ledger.Address}v1/check-sessions/{sessionId}/cancel",
        "-H", $"Authorization: Bearer {ledger.Place.ApiKey}",
        "-H", $"X-Checkly-Account: {ledger.Place.AccountId}");

    /// <summary>Cancels a whole test session as the concept page does it. The answer's status.</summary>
    public static Task<string> CancelTestSessionAsync(LedgerProcess ledger, string sessionId) => RunAsync(
        ledger,
        "-X", "POST", $"{ledger.Address}v1/test-sessions/{sessionId}/cancel",
        "-H", $"Authorization: Bearer {ledger.Place.ApiKey}",
        "-H", $"X-Checkly-Account: {ledger.Place.AccountId}");

    /// <summary>Cancels one run of it as the reference page does it. The answer's status.</summary>
    public static Task<string> CancelAsync(LedgerProcess ledger, string sessionId, string sequenceId) => RunAsync(
        ledger,
        "--request", "POST",
        "--url", $"{ledger.Address}v1/check-sessions/{sessionId}/cancel",
        "--header", $"Authorization: Bearer {ledger.Place.ApiKey}",
        "--header", "Content-Type: application/json",
        "--data", $$"""

        {
          "sequenceId": [
            "{{sequenceId}}"
          ]
        }

        """);

    private static async Task<string> RunAsync(LedgerProcess ledger, params string[] arguments)
    {
        await using var curl = ChildProcess.Start(
            "curl", ["--silent", "--show-error", "--write-out", "%{http_code}\\n", .. arguments], ledger.Place.Directory);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await curl.WaitForExitAsync(patience.Token);
        return string.Join('\n', curl.Output);
    }
}
