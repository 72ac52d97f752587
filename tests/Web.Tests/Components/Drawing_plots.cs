using Bunit;
using Ledger.Web.Shared;

namespace Ledger.Web.Tests.Components;

/// <summary>What a plot says to who cannot see it.</summary>
public sealed class Drawing_plots : MudContext
{
    private static readonly DateTimeOffset[] Days = [new(2026, 11, 27, 0, 0, 0, TimeSpan.Zero), new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero)];

    [Fact]
    public void Its_figures_stand_in_a_table_and_cancelled_runs_are_counted_beside_the_lines()
    {
        var plot = Draw([new("p95", "degraded", [1_500, null]), new("Cancelled runs", "cancelled", [0, 3], IsMark: true)], Figures.Milliseconds);

        plot.Find("figure").GetAttribute("aria-label").ShouldBe("Response time");
        plot.Find(".canvas").GetAttribute("aria-hidden").ShouldBe("true");
        plot.FindAll("thead th").Select(head => head.TextContent).ShouldBe(["From", "p95", "Cancelled runs"]);
        plot.FindAll("tbody tr").Select(row => string.Join('|', row.Children.Select(cell => cell.TextContent))).ShouldBe(["27 Nov|1.5 s|0", "28 Nov|–|3"]);
    }

    [Fact]
    public void Without_a_value_it_says_so_and_a_line_at_nought_is_a_line()
    {
        Draw([new("p95", "degraded", [null, null]), new("Cancelled runs", "cancelled", [0, 0], IsMark: true)]).Markup.ShouldContain("Nothing in this time.");

        Draw([new("Availability", "passed", [0, 0])]).Markup.ShouldNotContain("Nothing in this time.");
    }

    private IRenderedComponent<Plot> Draw(IReadOnlyList<PlotLine> lines, Func<double, string>? format = null) => Render<Plot>(parameters =>
    {
        parameters.Add(it => it.Title, "Response time").Add(it => it.Times, Days).Add(it => it.Lines, lines);
        if (format is not null)
        {
            parameters.Add(it => it.Format, format);
        }
    });
}
