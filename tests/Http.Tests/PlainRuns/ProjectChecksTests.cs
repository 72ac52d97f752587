using Ledger.Http.PlainRuns;

namespace Ledger.Http.Tests.PlainRuns;

public sealed class ProjectChecksTests
{
    [Fact]
    public void The_check_with_the_projects_tag_is_meant() =>
        Choose("shop", [], Check("a", "project:blog"), Check("b", "project:shop", "smoke"), Check("c")).ShouldBe("b");

    [Fact]
    public void The_default_project_has_a_tag_too() =>
        Choose(null, [], Check("a", "project:shop"), Check("b", "project:default")).ShouldBe("b");

    [Fact]
    public void Nothing_is_meant_where_nothing_is_registered() =>
        Choose("shop", ["environment:staging"], Check("a", "project:blog"), Check("b", "environment:staging")).ShouldBeNull();

    [Fact]
    public void A_check_for_this_environment_comes_before_one_that_says_nothing() =>
        Choose(
            "shop",
            ["environment:staging"],
            Check("a", "project:shop"),
            Check("b", "project:shop", "environment:staging")).ShouldBe("b");

    [Fact]
    public void A_check_for_another_environment_is_not_meant() =>
        Choose(
            "shop",
            ["environment:staging"],
            Check("a", "project:shop", "environment:production"),
            Check("b", "project:shop")).ShouldBe("b");

    [Fact]
    public void A_check_for_several_environments_is_meant_in_each() =>
        Choose(
            "shop",
            ["environment:staging"],
            Check("a", "project:shop", "environment:production", "environment:staging")).ShouldBe("a");

    [Fact]
    public void The_check_that_more_traits_name_is_meant() =>
        Choose(
            "shop",
            ["environment:staging", "suite:checkout"],
            Check("a", "project:shop", "environment:staging"),
            Check("b", "project:shop", "environment:staging", "suite:checkout"),
            Check("c", "project:shop", "environment:staging", "suite:login")).ShouldBe("b");

    [Fact]
    public void A_check_that_is_not_activated_is_not_meant() =>
        Choose("shop", [], Check("a", "project:shop") with { Activated = false }).ShouldBeNull();

    [Fact]
    public void Of_several_that_are_meant_alike_the_first_by_name_is_taken_in_whatever_order_they_come() =>
        Choose("shop", [], Check("b", "project:shop"), Check("a", "project:shop"), Check("c", "project:shop")).ShouldBe("a");

    private static string? Choose(string? project, string[] traits, params CheckSummary[] checks) =>
        ProjectChecks.Choose(checks, project, traits)?.Name;

    private static CheckSummary Check(string name, params string[] tags) => new(Guid.NewGuid(), name, "PLAYWRIGHT", tags, ["here"], true);
}
