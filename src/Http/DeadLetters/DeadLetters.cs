using Wolverine.Persistence.Durability.DeadLetterManagement;
using Wolverine.Runtime;

namespace Ledger.Http.DeadLetters;

/// <summary>Lists the messages that could not be handled.</summary>
public static class ListDeadLettersEndpoint
{
    private const int LargestPage = 100;
    private const int LastPage = 10_000;

    [WolverineGet("/ledger/dead-letters"), Authorize(Scopes.Operator), Tags("Dead letters")]
    [EndpointSummary("The messages that failed again and again and wait for an operator, as Wolverine keeps them apart.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")]
    [QueryNumber("page", "From 1.")]
    public static async Task<DeadLetterList> Get(HttpRequest request, DeadLetterStore letters, CancellationToken cancellation)
    {
        var query = new DeadLetterEnvelopeQuery
        {
            PageSize = Inputs.Int(request, "limit", 1, LargestPage, 20),
            PageNumber = Inputs.Int(request, "page", 1, LastPage, 1),
        };
        var found = await letters.Store.QueryAsync(query, cancellation);
        return new DeadLetterList(found.TotalCount, [.. found.Envelopes.Select(DeadLetterView.Of)]);
    }
}

/// <summary>Has a message handled again.</summary>
public static class ReplayDeadLetterEndpoint
{
    [WolverinePost("/ledger/dead-letters/{id}/replay"), Authorize(Scopes.Operator), Tags("Dead letters")]
    [EndpointSummary("Has a message handled again, as if it had just been stored.")]
    [ProducesResponseType(StatusCodes.Status202Accepted)]
    public static async Task<IResult> Post(string id, DeadLetterStore letters, CancellationToken cancellation)
    {
        var query = await letters.FindAsync(id);
        await letters.Store.ReplayMatchingAsync(query, cancellation);
        return TypedResults.Accepted("/ledger/dead-letters");
    }
}

/// <summary>Gives a message up.</summary>
public static class DiscardDeadLetterEndpoint
{
    [WolverineDelete("/ledger/dead-letters/{id}"), Authorize(Scopes.Operator), Tags("Dead letters")]
    [EndpointSummary("Gives a message up for good.")]
    public static async Task Delete(string id, DeadLetterStore letters, CancellationToken cancellation)
    {
        var query = await letters.FindAsync(id);
        await letters.Store.DiscardMatchingAsync(query, cancellation);
    }
}

/// <summary>The messages of the whole installation that Wolverine has given up (docs/projections.md#reactions).</summary>
public sealed class DeadLetterStore(IWolverineRuntime runtime)
{
    /// <summary>Where Wolverine keeps them.</summary>
    public Wolverine.Persistence.Durability.IDeadLetters Store => runtime.Storage.DeadLetters;

    /// <summary>How many there are.</summary>
    public async Task<int> CountAsync(CancellationToken cancellation) =>
        (await Store.QueryAsync(new DeadLetterEnvelopeQuery { PageSize = 1, PageNumber = 1 }, cancellation)).TotalCount;

    /// <summary>What finds one of them.</summary>
    /// <exception cref="RequestRejected">400 for what is no id, 404 when there is none of it.</exception>
    public async Task<DeadLetterEnvelopeQuery> FindAsync(string id)
    {
        var known = Inputs.Uuid(nameof(id), id);
        return await Store.DeadLetterEnvelopeByIdAsync(known) is null
            ? throw RequestRejected.NotFound("There is no such message.")
            : new DeadLetterEnvelopeQuery { MessageIds = [known] };
    }
}

/// <summary>Messages that could not be handled.</summary>
/// <param name="Count">All of them, those of other pages included.</param>
/// <param name="Entries">Those of this page.</param>
public sealed record DeadLetterList(int Count, IReadOnlyList<DeadLetterView> Entries);

/// <summary>A message that could not be handled.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Message">What it is: <c>deliver-alert</c>, <c>cancel-previous</c> and so on.</param>
/// <param name="SentAt">When it was stored first.</param>
/// <param name="FailedAt">When it was given up.</param>
/// <param name="Error">Why, as the last try told.</param>
/// <param name="IsReplayed">Whether it was told to be handled again, and waits for it.</param>
public sealed record DeadLetterView(Guid Id, string Message, DateTimeOffset SentAt, DateTimeOffset? FailedAt, string Error, bool IsReplayed)
{
    public static DeadLetterView Of(Wolverine.Persistence.Durability.DeadLetterEnvelope letter) => new(
        letter.Id, letter.MessageType, letter.SentAt, letter.FailedAt, $"{letter.ExceptionType}: {letter.ExceptionMessage}", letter.Replayable);
}
