using System.Net;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>What this dialect's answers look like.</summary>
internal static class Answers
{
    /// <summary>Expects the error envelope with its one member (docs/dialects/stably.md#errors).</summary>
    public static void ShouldBeError(this Answer answer, HttpStatusCode status, string error)
    {
        answer.Status.ShouldBe(status, answer.Body.ToString());
        answer.MediaType.ShouldBe("application/json");
        answer.MembersShouldBe("error");
        answer.Body.GetProperty("error").GetString().ShouldBe(error);
    }

    /// <summary>Expects a 400 whose message names something.</summary>
    public static void ShouldBeBadRequestNaming(this Answer answer, string what)
    {
        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body.ToString());
        answer.MembersShouldBe("error");
        answer.Body.GetProperty("error").GetString()!.ShouldContain(what);
    }

    public static void ShouldBeOk(this Answer answer, string json)
    {
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        answer.Body.GetRawText().ShouldBe(json);
    }

    public static void MembersShouldBe(this Answer answer, params string[] names) =>
        answer.Body.EnumerateObject().Select(member => member.Name).ShouldBe(names);
}
