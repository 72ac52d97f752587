using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.Support;

namespace Ledger.Projections.Tests.SessionList;

public sealed class GitMetadataTests
{
    [Fact]
    public void Facts_are_taken_where_they_are_strings_under_their_published_names()
    {
        var metadata = Some.Json("""{"environment": "staging", "branchName": "main", "commitId": "abc", "commitOwner": null, "commitMessage": 7}""");

        GitMetadata.Of(metadata).ShouldBe(new GitMetadata("staging", "main", "abc", null, null));
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("\"main\"")]
    [InlineData("null")]
    public void Metadata_that_is_no_object_has_none(string json) =>
        GitMetadata.Of(Some.Json(json)).ShouldBe(new GitMetadata(null, null, null, null, null));
}
