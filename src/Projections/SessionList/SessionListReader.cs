using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.SessionList;

/// <summary>Answers: which sessions are there?</summary>
/// <param name="dataSource">The database.</param>
public sealed class SessionListReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ProjectionDaemon.WaitForAsync"/>).</summary>
    public const string ProjectionName = "session_list";

    /// <summary>The projection that keeps the rows.</summary>
    public static Projection CreateProjection() => new SessionListProjection();

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<SessionListPage> ReadAsync(SessionListQuery query, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, SessionListQuery.MaximumLimit);
        await using var command = dataSource.CreateCommand();
        command.CommandText = $"""
            select session_id, number from ledger.session_list
            where {string.Join(" and ", new Filter(command, query).Conditions)}
            order by number desc limit {query.Limit + 1}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<ListedSession>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new ListedSession(reader.GetGuid(0), reader.GetInt64(1)));
        }

        var page = found.Take(query.Limit).ToList();
        return new SessionListPage(page, found.Count > page.Count ? SessionListCursor.After(page[^1].Number) : null);
    }

    /// <summary>Only the filters that are there stand in the statement, so that the database can choose an index for them.</summary>
    private sealed class Filter
    {
        private readonly NpgsqlCommand command;

        public Filter(NpgsqlCommand command, SessionListQuery query)
        {
            this.command = command;
            Add("account_id = {0}", query.AccountId);
            Add("kind = {0}", query.Kind is { } kind ? Words<SessionKind>.Of(kind) : null);
            Add("status = any({0})", query.Statuses, Words<SessionStatus>.Of);
            Add(query.OrWithoutProject ? "(project = {0} or project is null)" : "project = {0}", query.Project);
            Add("triggered_at >= {0}", query.From?.ToUniversalTime());
            Add("triggered_at < {0}", query.To?.ToUniversalTime());
            Add("check_ids @> array[{0}]::uuid[]", query.CheckId);
            Add("branch = any({0})", query.Branches, branch => branch);
            AddUsers(query);
            Add("coalesce(metadata ->> 'provider', 'API') = any({0})", query.Providers, provider => provider);
            Add("source = any({0})", query.Sources, Words<SessionSource>.Of);
            Add("environment = {0}", query.Environment);
            Add("concurrency_group = {0}", query.ConcurrencyGroup);
            Add("number < {0}", query.BeforeNumber);
            Add("number > {0}", query.AfterNumber);
            Add(
                "(name ilike {0} or branch ilike {0} or commit_id ilike {0} or commit_message ilike {0} or commit_owner ilike {0})",
                Contains(query.TextSearch));
            AddMetadata(query.Metadata);
            AddRunStates(query.RunStates);
            if (query.OnlyOpen)
            {
                Conditions.Add("settled_at is null");
            }
        }

        public List<string> Conditions { get; } = [];

        private void AddUsers(SessionListQuery query)
        {
            const string ofUsers = "commit_owner = any({0}) or actor_id = any({0})";
            const string ofNobody = "(commit_owner is null and actor_kind <> 'user')";
            if (query is { WithoutUser: true, Users.Count: 0 })
            {
                Conditions.Add(ofNobody);
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

            if (alternatives.Count > 0)
            {
                Conditions.Add($"({string.Join(" or ", alternatives)})");
            }
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
                Conditions.Add(condition.Replace("{0}", $"${command.Parameters.Count}"));
            }
        }

        private static string? Contains(string? text) => string.IsNullOrEmpty(text)
            ? null
            : $"%{text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_")}%";
    }
}
