using System.Net;

namespace Ledger.Http.Settings;

/// <summary>
/// The addresses that the host is told to listen on. Kestrel takes whatever it does not understand for the name of a host and then listens on
/// every interface, or gives up without a sentence: here they are read before it starts.
/// </summary>
internal static class Addresses
{
    private const string Default = "http://127.0.0.1:5080";

    /// <summary>Checks them, and chooses the default when there is none.</summary>
    /// <exception cref="SettingsException">One cannot be listened on as it is written.</exception>
    internal static void Apply(WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => (endpoint.Path + ":Url", endpoint["Url"])).ToList();
        var urls = configuration[WebHostDefaults.ServerUrlsKey];
        foreach (var (setting, text) in endpoints.Append(("--urls", urls)))
        {
            foreach (var url in text?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
            {
                Check(setting, url);
            }
        }

        string[] ports = [WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];
        foreach (var port in ports.SelectMany(key => configuration[key]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? []))
        {
            if (!IsPort(port))
            {
                throw new SettingsException($"'{port}' in --http_ports or --https_ports is no port: write a number from 0 to 65535.");
            }
        }

        if (string.IsNullOrEmpty(urls) && endpoints.Count == 0 && ports.All(key => string.IsNullOrEmpty(configuration[key])))
        {
            builder.WebHost.UseUrls(Default);
        }
    }

    private static void Check(string setting, string url)
    {
        var (scheme, rest) = url.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? (url[..at].ToLowerInvariant(), url[(at + 3)..]) : ("", url);
        if (scheme is not ("http" or "https"))
        {
            throw new SettingsException($"'{url}' in {setting} is no address: write http://host:port, for example {Default}.");
        }

        if (rest.StartsWith("unix:/", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var authority = rest.Split('/')[0];
        var colon = authority.LastIndexOf(':') is var last && last > authority.LastIndexOf(']') ? last : -1;
        var host = colon < 0 ? authority : authority[..colon];
        if (colon >= 0 && !IsPort(authority[(colon + 1)..]))
        {
            throw new SettingsException($"'{authority[(colon + 1)..]}' in '{url}' in {setting} is no port: write a number from 0 to 65535.");
        }

        if (host is not ("*" or "+") && !host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && !IPAddress.TryParse(host, out _))
        {
            throw new SettingsException(
                $"'{host}' in '{url}' in {setting} is no address to listen on: write an IP address, localhost, or * for every interface.");
        }
    }

    private static bool IsPort(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65_535;
}
