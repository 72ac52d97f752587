using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Tests.Sessions;

public sealed class TriggerMetadataTests
{
    [Fact]
    public void Facts_are_taken_where_they_are_strings_under_their_published_names()
    {
        var metadata = Json("""{"environment": "staging", "branchName": "main", "commitId": "abc", "commitOwner": null, "commitMessage": 7, "rerun_source_id": 7}""");

        TriggerMetadata.Of(metadata).ShouldBe(new TriggerMetadata("staging", "main", "abc", null, null, IsRerun: true));
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("\"main\"")]
    [InlineData("null")]
    public void Metadata_that_is_no_object_has_none(string json) =>
        TriggerMetadata.Of(Json(json)).ShouldBe(new TriggerMetadata(null, null, null, null, null, IsRerun: false));

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
