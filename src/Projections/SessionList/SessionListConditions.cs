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
    private readonly NpgsqlCommand command;
    private readonly List<string> conditions = [];

    private SessionListConditions(NpgsqlCommand command, SessionListQuery query)
    {
        this.command = command;
        Add("account_id = {0}", query.AccountId);
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
        Add(
            "(name ilike {0} or branch ilike {0} or commit_id ilike {0} or commit_message ilike {0} or commit_owner ilike {0})",
            Contains(query.TextSearch));
        AddMetadata(query.Metadata);
        Add("settled_at is null", query.OnlyOpen || IsOpenAlone(query.RunStates));
        AddRunStates(query.RunStates);
    }

    /// <summary>The conditions; their values are added to the command.</summary>
    public static string Of(SessionListQuery query, NpgsqlCommand command) =>
        string.Join(" and ", new SessionListConditions(command, query).conditions);

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

    private static bool IsOpenAlone(IReadOnlyCollection<RunState> states) => states.Count > 0 && states.All(OpenRunsReader.Knows);

    private void AddRunStates(IReadOnlyCollection<RunState> states)
    {
        var alternatives = states.Where(state => !OpenRunsReader.Knows(state)).Select(state => $"{CounterOf(state)} > 0").ToList();
        var open = states.Where(OpenRunsReader.Knows).Select(Words<RunState>.Of).ToArray();
        if (open.Length > 0)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = open });
            alternatives.Add($"""
                exists (
                  select from ledger.open_runs r
                  where r.account_id = session_list.account_id and r.session_id = session_list.session_id
                    and r.state = any(${command.Parameters.Count}))
                """);
        }

        Add($"({string.Join(" or ", alternatives)})", alternatives.Count > 0);
    }

    private static string CounterOf(RunState settled) => settled switch
    {
        RunState.Passed => "passed",
        RunState.Failed => "failed",
        RunState.Degraded => "degraded",
        RunState.Cancelled => "cancelled",
        RunState.TimedOut => "timed_out",
        RunState.Lost => "lost",
        _ => throw new ArgumentOutOfRangeException(nameof(settled), settled, "A state that is not counted."),
    };

    private void Add(string condition, bool isAsked)
    {
        if (isAsked)
        {
            conditions.Add(condition);
        }
    }

    private void Add<T>(string condition, IReadOnlyCollection<T> values, Func<T, string> word)
    {
        if (values.Count > 0)
        {
            Add(condition, values.Select(word).ToArray());
        }
    }

    private void Add(string condition, object? value)
    {
        if (value is not null)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
            conditions.Add(condition.Replace("{0}", $"${command.Parameters.Count}"));
        }
    }

    private static string? Contains(string? text) => string.IsNullOrEmpty(text)
        ? null
        : $"%{text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_")}%";
}
