using System.Text.RegularExpressions;
using Ledger.Runner.Execution;

namespace Ledger.Runner.ApiRequests;

/// <summary>
/// Puts the run's own variables in the place of their names: <c>{{NAME}}</c> or <c>{{{NAME}}}</c>. Only what the run sets is known, never
/// the environment of this runner.
/// </summary>
/// <param name="values">The run's <c>spec.environment</c>.</param>
internal sealed class Variables(IReadOnlyDictionary<string, string?> values)
{
    // Bodies may be long and are not ours: no backtracking.
    private static readonly Regex Names = new(
        @"\{\{\{\s*(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}\}|\{\{\s*(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    /// <summary>The text with values in it.</summary>
    /// <exception cref="UnusableSpecException">It names a variable that the run does not set.</exception>
    public string Fill(string text) => Names.Replace(text, match =>
    {
        var name = match.Groups["name"].Value;
        return values.GetValueOrDefault(name)
            ?? throw new UnusableSpecException($"the request uses the variable {LogLine.Of(name)}, which the run does not set");
    });
}
