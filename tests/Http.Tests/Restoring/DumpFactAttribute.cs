namespace Ledger.Http.Tests.Restoring;

/// <summary>A test that dumps and restores databases; skipped, with the reason, where PostgreSQL's client programs are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DumpFactAttribute : FactAttribute
{
    public DumpFactAttribute()
    {
        if (PostgresClient.Find("pg_dump") is null || PostgresClient.Find("pg_restore") is null)
        {
            Skip = "There is no pg_dump or no pg_restore on this machine: install postgresql-client.";
        }
    }
}
