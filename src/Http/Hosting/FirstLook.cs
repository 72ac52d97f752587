using Ledger.Http.Commands;
using Ledger.Web.Shared;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Ledger.Http.Hosting;

/// <summary>
/// What a person needs once the host serves: where it listens, where the page, data and key are, how to start a runner, how to stop. A terminal is
/// shown a key that was made just now; no log ever is.
/// </summary>
internal static class FirstLook
{
    internal static void Show(IServiceProvider services, LedgerDatabase database)
    {
        var addresses = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var settings = services.GetRequiredService<LedgerSettings>();
        var made = services.GetRequiredService<Bootstrap>().Made;
        var file = Bootstrap.FileOf(settings);
        var address = settings.PublicUrl?.TrimEnd('/') ?? addresses.FirstOrDefault();
        var key = settings.Bootstrap.ApiKey is not null ? "the one of Ledger:Bootstrap:ApiKey" : File.Exists(file) ? $"in {file}" : null;
        List<(string Word, string? Meaning)> lines =
        [
            ("page", $"{address}/ (sign in with the key)"),
            ("data", database.Place),
            ("key", key),
            ("runner", Shell.StartRunner(Help.Runner, address, "local", File.Exists(file) ? file : null)),
            ("stop", "Ctrl+C or SIGTERM"),
        ];

        var first = $"Ledger {Help.Version} listens on {string.Join(" and ", addresses)}";
        if (!Console.IsOutputRedirected)
        {
            lines.Insert(3, ("", made is null ? null : $"{made.Secret} of account {made.Account}, shown this once"));
            Console.WriteLine($"\n{first}\n{string.Join('\n', lines.Where(line => line.Meaning is not null).Select(line => $"  {line.Word,-8}{line.Meaning}"))}\n");
            return;
        }

        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Ledger");
        foreach (var line in lines.Where(line => line.Meaning is not null).Select(line => $"{line.Word}: {line.Meaning}").Prepend(first))
        {
            log.LogInformation("{Line}", line);
        }
    }
}
