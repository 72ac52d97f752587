namespace Ledger.Tests.Architecture;

/// <summary>The pages of the documentation lead to each other, and every one of them can be found.</summary>
public sealed class DocumentPageTests
{
    [Fact]
    public void Every_link_of_a_page_leads_to_something() =>
        DocumentPage.Paths()
            .SelectMany(path =>
            {
                var page = DocumentPage.Read(path);
                return page.Links.Where(link => !DocumentPage.Exists(page.FromRoot(link))).Select(link => $"{path}: {link}");
            })
            .ShouldBeEmpty();

    [Fact]
    public void No_place_has_two_anchors_of_one_name() =>
        DocumentPage.Paths()
            .SelectMany(path => DocumentPage.Read(path).RepeatedAnchors.Select(anchor => $"{path}: {anchor}"))
            .ShouldBeEmpty();

    [Fact]
    public void Every_block_of_code_ends() => DocumentPage.Paths().Where(path => DocumentPage.Read(path).HasOpenFence).ShouldBeEmpty();

    [Fact]
    public void The_table_of_contents_names_every_page()
    {
        const string contents = "docs/README.md";
        var page = DocumentPage.Read(contents);

        DocumentPage.Paths().Except([contents, "README.md"]).Except(page.Links.Select(page.FromRoot)).ShouldBeEmpty();
    }
}
