using Microsoft.AspNetCore.Components;

namespace Ledger.Web.Shared;

/// <summary>
/// Commands as pages show them, to be pasted as they stand. Somebody who looks at a page on the host's own machine is told the file of the first
/// key; everybody else puts their own in.
/// </summary>
/// <param name="navigation">Where the page is looked at.</param>
/// <param name="settings">What the host tells its pages.</param>
public sealed class Shell(NavigationManager navigation, WebSettings settings)
{
    /// <summary>Where the command that starts a runner is pasted: one that names a project is understood in the source's folder only.</summary>
    public string Where => settings.Runner.Contains("--project", StringComparison.Ordinal) ? "in a second terminal, in the ledger's folder; the first time it is built, which takes a while" : "in a second terminal";

    /// <summary>Starts a runner.</summary>
    public string StartRunner(string location) => StartRunner(settings.Runner, navigation.BaseUri.TrimEnd('/'), location, File);

    /// <summary>Starts a runner.</summary>
    /// <param name="runner">How it is called.</param>
    /// <param name="address">Where the ledger is.</param>
    /// <param name="location">Whose runs it takes.</param>
    /// <param name="keyFile">The file with its key; null for one that has still to be named.</param>
    public static string StartRunner(string runner, string? address, string location, string? keyFile) =>
        $"{runner} --url {address} --location {Quoted(location)} --key-file {(keyFile is null ? "FILE" : Quoted(keyFile))}";

    /// <summary>Sends JSON to the interface.</summary>
    public string Send(string method, string path, string json) =>
        $"curl -X {method} {navigation.BaseUri}{path} -H \"Authorization: Bearer {(File is null ? "$KEY" : $"$({PrintKey(File)})")}\" -d '{json}'";

    /// <summary>Prints the key that is kept in a file of the host.</summary>
    public static string PrintKey(string file) => $"sed -n 's/^key=//p' {Quoted(file)}";

    private string? File => new Uri(navigation.BaseUri).IsLoopback ? settings.KeyFile : null;

    private static string Quoted(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? text : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
