using JasperFx.CommandLine;
using Ledger.Http.Hosting;
using Weasel.Core;
using Weasel.Core.CommandLine;

namespace Ledger.Http.Commands;

/// <summary><c>db-apply</c>: what Marten and Wolverine need, then the ledger's own files, as a start does that may change the schema.</summary>
[Description("Brings the database's schema up to date: Marten's and Wolverine's tables and the ledger's own", Name = "db-apply")]
public sealed class LedgerApplyCommand : Weasel.CommandLine.ApplyCommand
{
    /// <inheritdoc/>
    public override async Task<bool> Execute(WeaselInput input)
    {
        var files = input.HostBuilder.Build().Services.GetRequiredService<SchemaFiles>();
        if (!await base.Execute(input))
        {
            return false;
        }

        var due = await files.FindDueAsync(CancellationToken.None);
        await files.Setup(CancellationToken.None);
        Console.WriteLine(due.Count == 0 ? "The ledger's own files are up to date." : $"Applied {due.Count} of the ledger's own files.");
        return true;
    }
}

/// <summary><c>db-assert</c>: fails when <c>db-apply</c> would change something.</summary>
[Description("Fails if the database's schema is not up to date", Name = "db-assert")]
public sealed class LedgerAssertCommand : AssertCommand
{
    /// <inheritdoc/>
    public override async Task<bool> Execute(WeaselInput input)
    {
        var files = input.HostBuilder.Build().Services.GetRequiredService<SchemaFiles>();
        var isCurrent = await base.Execute(input);
        var due = await files.FindDueAsync(CancellationToken.None);
        Console.WriteLine(due.Count == 0
            ? "The ledger's own files are up to date."
            : $"The ledger's own files are not up to date: {string.Join(", ", due.Select(file => file.Name))}.");
        return isCurrent && due.Count == 0;
    }
}

/// <summary><c>db-patch</c>: writes what <c>db-apply</c> would run.</summary>
[Description("Writes the SQL that db-apply would run to a file", Name = "db-patch")]
public sealed class LedgerPatchCommand : PatchCommand
{
    /// <summary>Marten and Wolverine count as a database each, of which the package's own verb writes one; here all go into one file.</summary>
    public override async Task<bool> Execute(PatchInput input)
    {
        var host = input.HostBuilder.Build();
        var (file, part) = (Path.GetFullPath(input.FileName), Path.GetTempFileName());
        await File.WriteAllTextAsync(file, "");
        foreach (var database in await input.FilterDatabases(host))
        {
            var migration = await database.CreateMigrationAsync();
            if (migration.Difference != SchemaPatchDifference.None)
            {
                migration.AssertPatchingIsValid(input.AutoCreateFlag);
                database.Migrator.IsTransactional |= input.TransactionalScriptFlag;
                await database.Migrator.WriteMigrationFileAsync(part, migration);
                await File.AppendAllTextAsync(file, await File.ReadAllTextAsync(part));
                Console.WriteLine($"Wrote what the packages need to {file}.");
            }
        }

        File.Delete(SchemaMigration.ToDropFileName(part));
        File.Delete(part);
        var due = await host.Services.GetRequiredService<SchemaFiles>().FindDueAsync(CancellationToken.None);
        if (due.Count > 0)
        {
            await File.AppendAllLinesAsync(
                file, ["set search_path to ledger;", .. due.Select(each => $"-- {each.Name}\n{each.Sql}"), "reset search_path;"]);
            Console.WriteLine($"Wrote {due.Count} of the ledger's own files to {file}.");
        }

        return true;
    }
}
