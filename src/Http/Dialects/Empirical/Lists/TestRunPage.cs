using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Empirical.Projects;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Http.PlainRuns;

namespace Ledger.Http.Dialects.Empirical.Lists;

/// <summary>A page of test runs, newest first.</summary>
public sealed record TestRunPage(TestRunPageData Data, Pagination Pagination);

/// <summary>The project and its runs.</summary>
public sealed record TestRunPageData(ListedProject Project, [property: JsonPropertyName("test_runs")] TestRunItems TestRuns);

/// <summary>The runs of a page.</summary>
public sealed record TestRunItems(IReadOnlyList<TestRun> Items);

/// <summary>The project that a list is of.</summary>
/// <param name="Id">Its integer.</param>
/// <param name="Name">Its name.</param>
/// <param name="Slug">Its name once more: the ledger knows no other.</param>
/// <param name="RepoName">Always null: the ledger knows no repositories.</param>
public sealed record ListedProject(int Id, string Name, string Slug, [property: JsonPropertyName("repo_name")] string? RepoName)
{
    public static ListedProject Of(EmpiricalProject project)
    {
        var name = project.Name ?? ProjectChecks.DefaultProject;
        return new ListedProject(project.Number, name, name, null);
    }
}

/// <summary>Where a page stands.</summary>
/// <param name="Page">Its number, from 1.</param>
/// <param name="PerPage">The longest page.</param>
/// <param name="Total">All runs that the filters let through.</param>
/// <param name="TotalPages">All pages; 0 when there are no runs.</param>
public sealed record Pagination(
    int Page,
    [property: JsonPropertyName("per_page")] int PerPage,
    long Total,
    [property: JsonPropertyName("total_pages")] long TotalPages)
{
    public static Pagination Of(TestRunFilter filter, long total) =>
        new(filter.Page, filter.PerPage, total, (total + filter.PerPage - 1) / filter.PerPage);
}
