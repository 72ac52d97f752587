using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.PlainRuns;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Stably.Runs;

/// <summary>
/// Creates a run: one session of kind <c>run</c>. What it executes is the project's registered check, narrowed by tags such as
/// <c>environment:staging</c> and <c>playwrightProject:mobile</c>.
/// </summary>
public static class CreateRun
{
    public static async Task<IResult> HandleAsync(HttpContext context, string projectId, PlainRunSessions runs)
    {
        Inputs.Name("projectId", projectId);
        var bytes = await Body.ReadAsync(context.Request);
        var asked = bytes.IsEmpty ? new RunToCreate() : Body.ParseJson<RunToCreate>(bytes, StablyJson.Options);
        asked.Validate();
        var made = await runs.TriggerAsync(context, new PlainRunRequest(
            asked.PlaywrightProjectName ?? projectId, StablyProject.Kept(projectId), CheckTypes.Playwright)
        {
            Traits = [.. TraitsOf(asked)],
            Environment = asked.Variables(),
            Published = bytes.IsEmpty ? null : JsonSerializer.Deserialize<JsonElement>(bytes.Span),
            Metadata = MetadataOf(context.Request, asked),
        });
        return StablyResult.Json(new RunCreated(made.Session.Id));
    }

    private static IEnumerable<string> TraitsOf(RunToCreate asked)
    {
        if (asked.Environment is { } environment)
        {
            yield return $"environment:{environment}";
        }

        if (asked.PlaywrightProjectName is { } name)
        {
            yield return $"playwrightProject:{name}";
        }
    }

    private static JsonObject MetadataOf(HttpRequest request, RunToCreate asked)
    {
        var facts = new JsonObject();
        Keep(RunFacts.BranchName, asked.Branch);
        Keep(RunFacts.Environment, asked.Environment);
        Keep(RunFacts.PlaywrightProjectName, asked.PlaywrightProjectName);
        if (StablyOrigin.Of(request) is { } origin)
        {
            facts[ClientOrigin.Member] = JsonSerializer.SerializeToNode(origin);
        }

        return facts;

        void Keep(string name, string? text)
        {
            if (text is not null)
            {
                facts[name] = text;
            }
        }
    }
}

/// <summary>A run that was just created.</summary>
/// <param name="RunId">Its id.</param>
public sealed record RunCreated(Guid RunId);
