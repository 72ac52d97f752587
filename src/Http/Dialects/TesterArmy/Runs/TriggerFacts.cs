using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>
/// What this dialect keeps in the metadata of a session. The published request stands whole under <see cref="Input"/>, apart from what the
/// ledger says itself, so that no request can put its run into somebody's batch.
/// </summary>
public static class TriggerFacts
{
    /// <summary>The request as it was published.</summary>
    public const string Input = "input";

    /// <summary>What caused the run, one of <see cref="RunSource"/>.</summary>
    public const string Source = "source";

    /// <summary>The batch that the run belongs to; there is an index on it.</summary>
    public const string BatchId = "batchId";

    /// <summary>The group whose checks the batch runs.</summary>
    public const string GroupId = "groupId";

    /// <summary>The batch that this one repeats.</summary>
    public const string SourceBatchId = "sourceBatchId";

    /// <summary>The facts of a trigger.</summary>
    public static JsonObject Of(JsonObject input, RunSource source)
    {
        var facts = new JsonObject { [Source] = JsonSerializer.SerializeToNode(source, TesterArmyJson.Options) };
        if (input.Count > 0)
        {
            facts[Input] = input.DeepClone();
        }

        return facts;
    }

    /// <summary>The request of a session; empty when it was triggered in another dialect, or without a body.</summary>
    public static JsonElement? InputOf(Session session) =>
        session.Metadata.Member(Input) is { ValueKind: JsonValueKind.Object } input ? input : null;

    /// <summary>A uuid of the metadata; null when there is none.</summary>
    public static Guid? IdOf(Session session, string name) =>
        Guid.TryParseExact(session.Metadata.Text(name), "D", out var id) ? id : null;
}
