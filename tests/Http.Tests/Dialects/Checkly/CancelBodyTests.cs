using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What a cancel may be sent with (docs/dialects/checkly.md#cancel).</summary>
public sealed class CancelBodyTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private static readonly string[] Cancelled = ["SessionTriggered", "CancelRequested", "RunAborted"];

    [Fact]
    public async Task The_documented_call_with_an_empty_body_cancels_everything()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1");

        var answer = await ledger.SendAsync(
            HttpMethod.Post,
            $"/v1/check-sessions/{session}/cancel",
            headers: ("x-checkly-account", ledger.AccountId.ToString()));

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        answer.Body.ShouldBeEmpty();
        answer.Response.Content.Headers.ContentType.ShouldBeNull();
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered", "CancelRequested", "RunAborted", "RunAborted"]);
    }

    [Fact]
    public async Task The_command_lines_form_content_type_with_length_0_cancels_everything()
    {
        var session = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");
        using var nothing = new ByteArrayContent([]);
        nothing.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        nothing.Headers.ContentLength = 0;

        var answer = await ledger.SendAsync(HttpMethod.Post, $"/v1/test-sessions/{session}/cancel", nothing);

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.EventsOfAsync(session)).ShouldBe(Cancelled);
    }

    [Theory]
    [InlineData("", "application/json")]
    [InlineData(" \r\n\t", "text/plain")]
    [InlineData("{}", "application/json")]
    [InlineData("{}", "application/x-www-form-urlencoded")]
    [InlineData("{}", "application/octet-stream")]
    public async Task A_body_that_names_no_run_cancels_everything_under_any_content_type(string body, string contentType)
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        var answer = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", body, contentType: contentType);

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.EventsOfAsync(session)).ShouldBe(Cancelled);
    }

    [Theory]
    [InlineData("""{"sequenceId":[]}""")]
    [InlineData("""{"sequenceId":null}""")]
    [InlineData("""{"sequenceId":"0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11"}""")]
    [InlineData("""{"sequenceId":["x"]}""")]
    [InlineData("""{"sequenceId":[null]}""")]
    [InlineData("""{"sequenceId":[5]}""")]
    [InlineData("""{"sequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11","x"]}""")]
    [InlineData("""{"sequenceId":{}}""")]
    [InlineData("""{"reason":"enough"}""")]
    [InlineData("""{"SequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11"]}""")]
    [InlineData("""{"sequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11"],"sequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c12"]}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("5")]
    [InlineData("{")]
    [InlineData("a=b")]
    public async Task Any_other_body_is_refused_and_cancels_nothing(string body)
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        var answer = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer["error"].GetString().ShouldBe("Bad Request");
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered"]);
    }

    [Fact]
    public async Task Ten_thousand_sequence_ids_are_allowed_and_one_more_is_not()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        var most = string.Join(',', Enumerable.Repeat($"\"{sequence}\"", 10_000));

        var tooMany = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":[{{most}},"{{sequence}}"]}""");
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered"]);
        var allowed = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":[{{most}}]}""");

        tooMany.ShouldBeBadRequestNaming("sequenceId");
        allowed.Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.EventsOfAsync(session)).ShouldBe(Cancelled);
    }

    [Fact]
    public async Task A_body_over_a_mebibyte_is_413()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        var answer = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", new string(' ', 1024 * 1024) + "{}");

        answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer["error"].GetString().ShouldBe("Payload Too Large");
    }

    [Fact]
    public async Task A_gzip_body_is_read()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1");
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($$"""{"sequenceId":["{{sequence}}"]}"""));
        }

        using var body = new ByteArrayContent(packed.ToArray());
        body.Headers.ContentEncoding.Add("gzip");
        (await ledger.SendAsync(HttpMethod.Post, $"/v1/check-sessions/{session}/cancel", body)).Status.ShouldBe(HttpStatusCode.NoContent);

        (await ledger.Runner.ReadAsync(session)).Runs.Select(run => run.State).ShouldBe([RunState.Cancelled, RunState.Queued]);
    }
}
