using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.SessionList;

/// <summary>
/// What a query asks for, as conditions on <c>ledger.session_list</c>. Only the filters that are there stand in the statement, so that the
/// database can choose an index for them.
/// </summary>
internal sealed class SessionListConditions
{
    private readonly SqlConditions conditions;

    private SessionListConditions(NpgsqlCommand command, SessionListQuery query)
    {
        conditions = new SqlConditions(command);
        Add("account_id = {0}", query.AccountId);
        Add("session_id = any({0})", query.SessionIds.Count > 0 ? query.SessionIds.ToArray() : null);
        Add("kind = {0}", query.Kind is { } kind ? Words<SessionKind>.Of(kind) : null);
        Add("status = any({0})", query.Statuses, Words<SessionStatus>.Of);
        Add(query.OrWithoutProject ? "(project = {0} or project is null)" : "project = {0}", query.Project);
        Add("project is null", query.WithoutProject);
        Add("triggered_at >= {0}", query.From?.ToUniversalTime());
        Add("triggered_at < {0}", query.To?.ToUniversalTime());
        Add("check_ids @> array[{0}]::uuid[]", query.CheckId);
        Add("branch = any({0})", query.Branches, branch => branch);
        AddUsers(query);
        Add("coalesce(metadata ->> 'provider', 'API') = any({0})", query.Providers, provider => provider);
        Add("source = any({0})", query.Sources, Words<SessionSource>.Of);
        Add("environment = any({0})", query.Environments, environment => environment);
        Add("concurrency_group = {0}", query.ConcurrencyGroup);
        Add("number < {0}", query.BeforeNumber);
        Add("number > {0}", query.AfterNumber);
        AddSearch(query.TextSearch);
        AddMetadata(query.Metadata);
        Add("settled_at is null", query.OnlyOpen || (query.RunStates.Count > 0 && query.RunStates.All(OpenRunsReader.Knows)));
        Add("run_state = any({0})", query.RunStates, Words<RunState>.Of);
        Add("(coalesce(run -> 'result' ->> 'hasErrors', 'false') = 'true' or run_state in ('timedOut', 'lost')) <> {0}", query.HasVerdict);
    }

    /// <summary>The conditions; their values are added to the command.</summary>
    public static string Of(SessionListQuery query, NpgsqlCommand command) =>
        new SessionListConditions(command, query).conditions.ToString();

    private void AddUsers(SessionListQuery query)
    {
        const string ofUsers = "commit_owner = any({0}) or actor_id = any({0})";
        const string ofNobody = "(commit_owner is null and actor_kind <> 'user')";
        if (query is { WithoutUser: true, Users.Count: 0 })
        {
            conditions.Add(ofNobody);
        }
        else
        {
            Add(query.WithoutUser ? $"({ofUsers} or {ofNobody})" : $"({ofUsers})", query.Users, user => user);
        }
    }

    /// <summary>The name stands in the statement itself, or no index would be found for it.</summary>
    private void AddMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, text) in metadata)
        {
            if (!name.All(char.IsAsciiLetter))
            {
                throw new ArgumentException($"'{name}' is no name of a member.", nameof(metadata));
            }

            Add($"metadata ->> '{name}' = {{0}}", text);
        }
    }

    /// <summary>The index finds what may have the text; the text itself decides.</summary>
    private void AddSearch(string? text)
    {
        Add("false", text?.Contains(SearchText.Separator, StringComparison.Ordinal) is true);
        if (!string.IsNullOrEmpty(text))
        {
            var search = text.ToLowerInvariant();
            Add("trigrams @> {0}", SearchText.TrigramsFor(search));
            Add("search like {0}", $"%{search.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_")}%");
        }
    }

    private void Add(string condition, bool isAsked)
    {
        if (isAsked)
        {
            conditions.Add(condition);
        }
    }

    private void Add<T>(string condition, IReadOnlyCollection<T> values, Func<T, string> word) => conditions.AddAny(condition, values, word);

    private void Add(string condition, object? value) => conditions.Add(condition, value);
}
