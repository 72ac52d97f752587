using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.RunDays;

/// <summary>The table <c>run_days</c>, as the projection writes it.</summary>
internal static class RunDaysTable
{
    /// <summary>The numbers, in the order in which readers read them.</summary>
    public const string Numbers =
        "passed, failed, error, cancelled, reruns, total_tests, passed_tests, failed_tests, flaky_tests";

    private const string Columns = $"account_id, day, place, project, environment, branch, {Numbers}";

    private const string AddSql = $"""
        insert into run_days as d ({Columns})
        select {Columns} from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) as n({Columns})
        on conflict (account_id, day, place) do update set
          passed = d.passed + excluded.passed, failed = d.failed + excluded.failed, error = d.error + excluded.error,
          cancelled = d.cancelled + excluded.cancelled, reruns = d.reruns + excluded.reruns,
          total_tests = d.total_tests + excluded.total_tests, passed_tests = d.passed_tests + excluded.passed_tests,
          failed_tests = d.failed_tests + excluded.failed_tests, flaky_tests = d.flaky_tests + excluded.flaky_tests
        """;

    /// <summary>Adds counts to their days; each day once.</summary>
    public static NpgsqlBatchCommand Add(IReadOnlyList<KeyValuePair<RunDayKey, RunDayCounts>> days) => SqlArray.Command(
        AddSql,
        [
            SqlArray.Of(days, NpgsqlDbType.Uuid, day => day.Key.AccountId),
            SqlArray.Of(days, NpgsqlDbType.Date, day => day.Key.Day),
            SqlArray.Of(days, NpgsqlDbType.Uuid, day => day.Key.Place.Digest),
            SqlArray.Of(days, NpgsqlDbType.Text, day => day.Key.Place.Project),
            SqlArray.Of(days, NpgsqlDbType.Text, day => day.Key.Place.Environment),
            SqlArray.Of(days, NpgsqlDbType.Text, day => day.Key.Place.Branch),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.Passed),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.Failed),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.Error),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.Cancelled),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.Reruns),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.TotalTests),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.PassedTests),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.FailedTests),
            SqlArray.Of(days, NpgsqlDbType.Bigint, day => day.Value.FlakyTests),
        ]);
}
