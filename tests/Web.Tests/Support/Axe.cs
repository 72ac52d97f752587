using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Ledger.Support;
using Microsoft.Playwright;

namespace Ledger.Web.Tests.Support;

/// <summary>
/// Looks at pages as axe does, wide and narrow, light and dark. A page is opened once: its theme and its width are changed while it is open. In
/// the dark theme only those rules are asked again that look at colours.
/// </summary>
internal static class Axe
{
    private static readonly AxeRunOptions All = new()
    {
        RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    };

    private static readonly AxeRunOptions Colours = new() { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast", "link-in-text-block"] } };

    /// <summary>What is wrong with a page as it stands; also that it is wider than the screen.</summary>
    public static async Task<IReadOnlyList<string>> LookAtAsync(IPage page, string what)
    {
        var found = new List<string>();
        foreach (var width in (int[])[1280, 360])
        {
            await page.SetViewportSizeAsync(width, 860);
            foreach (var (theme, rules) in (IEnumerable<(ColorScheme, AxeRunOptions)>)[(ColorScheme.Light, All), (ColorScheme.Dark, Colours)])
            {
                await page.EmulateMediaAsync(new() { ColorScheme = theme });
                var word = theme is ColorScheme.Dark ? "dark" : "light";
                await Eventually.Become(() => page.EvaluateAsync<bool>(
                    $"document.documentElement.dataset.theme === '{word}' && document.getAnimations().every(one => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"));
                var result = await page.RunAxe(rules);
                found.AddRange(result.Violations.Select(one =>
                    $"{what}, {word}, {width}: {one.Id}: {one.Help}: {string.Join(" | ", one.Nodes.Take(3).Select(node => node.Html))}"));
            }

            if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth") > width)
            {
                found.Add($"{what} is wider than {width}");
            }
        }

        return found;
    }
}
