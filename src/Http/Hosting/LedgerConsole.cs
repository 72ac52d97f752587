using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Ledger.Http.Hosting;

/// <summary>How far the host is, as its log has to know.</summary>
public sealed class HostPhase
{
    private Action? suspect;

    /// <summary>Whether it has come to serve, and is not ending yet.</summary>
    public bool IsServing { get; set; }

    /// <summary>Whether it ends, and with it its database.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Whether everything has been said that a person wants to know.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Who tells people that the database is away; whoever else meets it need not.</summary>
    public void Watch(Action suspected) => suspect = suspected;

    /// <summary>Somebody has met the database away. False when nobody watches it.</summary>
    internal bool Suspect()
    {
        suspect?.Invoke();
        return suspect is not null;
    }
}

/// <summary>
/// The one format of the log: a line for each entry. An error of the host's own is printed with its stack; a database that is away is not an
/// error of the host's, and is told by <see cref="DatabaseWatch"/> once for all who meet it.
/// </summary>
public sealed class LedgerConsole(HostPhase phase) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "ledger";

    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";
    private const string KestrelCategory = "Microsoft.AspNetCore.Server.Kestrel";

    /// <summary>Has a host log to the console in this format.</summary>
    public static void Add(ILoggingBuilder logging, HostPhase phase, IConfiguration configuration)
    {
        logging.Services.AddSingleton(phase);
        logging.AddConsole(console => console.FormatterName = configuration["Logging:Console:FormatterName"] ?? FormatName);
        logging.AddConsoleFormatter<LedgerConsole, ConsoleFormatterOptions>();
    }

    /// <summary>What is logged where no setting says otherwise: of the packages only what is wrong, and nothing for each request.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Levels(IConfiguration configuration)
    {
        var general = Enum.TryParse<LogLevel>(configuration["Logging:LogLevel:Default"], ignoreCase: true, out var chosen) ? chosen : LogLevel.Information;
        var packages = general > LogLevel.Warning ? general : LogLevel.Warning;
        string[] quiet = ["Microsoft", "System", "Npgsql", "Marten", "Weasel", "Wolverine", "JasperFx", "Ledger.Projections.Daemon", "Ledger.Http.Access.ApiKeyHandler"];
        return
        [
            new("Logging:LogLevel:Default", general.ToString()),
            .. quiet.Select(category => new KeyValuePair<string, string?>($"Logging:LogLevel:{category}", packages.ToString())),
            // It tells every exception before whoever asked sees it: a lost race and an archived session are answered, the rest is logged there.
            new("Logging:LogLevel:Marten.IDocumentStore", nameof(LogLevel.Critical)),
            // It warns of keys that no certificate protects, which docs/security.md says.
            new("Logging:LogLevel:Microsoft.AspNetCore.DataProtection", nameof(LogLevel.Error)),
        ];
    }

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        // Who starts the host tells why it does not (StartFault).
        var isAboutStart = !phase.IsServing && logEntry.Category is HostCategory or KestrelCategory && logEntry.Exception is not null;
        var isOutage = logEntry.LogLevel >= LogLevel.Warning && IsOutage(logEntry.Exception);
        var isAboutEnd = phase.IsEnding && (isOutage || IsTakenAway(logEntry.Exception));
        if (phase.IsSilent || isAboutStart || isAboutEnd || (isOutage && phase.Suspect()))
        {
            return;
        }

        textWriter.Write(DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture));
        textWriter.Write(logEntry.LogLevel switch
        {
            LogLevel.Trace => "trce ",
            LogLevel.Debug => "dbug ",
            LogLevel.Information => "info ",
            LogLevel.Warning => "warn ",
            LogLevel.Error => "fail ",
            _ => "crit ",
        });
        textWriter.Write(logEntry.Category);
        textWriter.Write(": ");
        textWriter.Write(Line(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(isOutage ? $" ({Line(exception.Message)})" : $"{Environment.NewLine}{exception}");
        }

        textWriter.Write(Environment.NewLine);
    }

    /// <summary>Whether an error says that the database was not reached, went away, or does not serve yet.</summary>
    private static bool IsOutage(Exception? error) => error switch
    {
        null => false,
        PostgresException refusal => refusal.InvariantSeverity is "FATAL" or "PANIC" || refusal.SqlState.StartsWith("57P", StringComparison.Ordinal),
        NpgsqlException or StoreUnavailableException => true,
        _ => IsOutage(error.InnerException),
    };

    /// <summary>Whether an error says that what its part works with has ended before it, as happens to one that just begins when the host ends.</summary>
    private static bool IsTakenAway(Exception? error) => error is not null
        && (error is ObjectDisposedException or OperationCanceledException || IsTakenAway(error.InnerException));

    private static string Line(string message) =>
        message.AsSpan().IndexOfAny('\r', '\n') < 0 ? message : string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
