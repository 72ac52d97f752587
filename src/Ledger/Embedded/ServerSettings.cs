using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ledger.Embedded;

/// <summary>The server's settings: a file in the cluster that <c>postgresql.conf</c> includes.</summary>
internal static partial class ServerSettings
{
    /// <summary>The file's name inside the cluster.</summary>
    internal const string FileName = "ledger.conf";

    /// <summary>Writes the settings for the next start, in one step.</summary>
    internal static void Write(string data, int port, EmbeddedPostgresOptions options)
    {
        var flag = options.Durable ? "on" : "off";
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["fsync"] = flag,
            ["full_page_writes"] = flag,
            ["synchronous_commit"] = "on",
            ["max_connections"] = "200",
            ["shared_buffers"] = "128MB",
            ["max_wal_size"] = "2GB",
            ["jit"] = "off",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            // The application answers for its own errors; the log keeps the server's life.
            ["log_min_messages"] = "log",
            ["log_checkpoints"] = "off",
        };
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        settings["listen_addresses"] = "127.0.0.1";
        settings["port"] = port.ToString(CultureInfo.InvariantCulture);
        settings["unix_socket_directories"] = "";

        var text = new StringBuilder("# Written by the ledger at every start: changes here are lost.\n");
        foreach (var (name, value) in settings)
        {
            text.Append(name).Append(" = '").Append(Quote(value)).Append("'\n");
        }

        var file = Path.Combine(data, FileName);
        WriteReadable(file + ".next", text.ToString());
        File.Move(file + ".next", file, overwrite: true);
    }

    /// <summary>The port of the last start, or null: a cluster keeps its port while it can.</summary>
    internal static int? LastPort(string data)
    {
        var file = Path.Combine(data, FileName);
        var match = File.Exists(file) ? PortPattern().Match(File.ReadAllText(file)) : Match.Empty;
        return match.Success ? int.Parse(match.Groups["port"].ValueSpan, CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Writes a file that the server's account can read, whatever root's umask is; the folder around it is closed.</summary>
    internal static void WriteReadable(string file, string text)
    {
        File.WriteAllText(file, text);
        UnixRights.Set(file, UnixRights.ReadableFile);
    }

    private static string Quote(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);

    [GeneratedRegex("^port = '(?<port>[0-9]+)'$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PortPattern();
}
