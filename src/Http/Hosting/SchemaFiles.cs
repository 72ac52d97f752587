using JasperFx.CommandLine.Descriptions;
using JasperFx.Resources;
using Ledger.Projections;
using Ledger.Store.Postgres;
using Spectre.Console;
using Spectre.Console.Rendering;
using Weasel.Core;

namespace Ledger.Http.Hosting;

/// <summary>The files of the schema that are the ledger's own, beside what Marten and Wolverine make: a resource of the verb <c>resources</c>.</summary>
public sealed class SchemaFiles(NpgsqlDataSource database)
    : StatefulResourceBase("Schema", "Ledger", new Uri("ledger://schema"), new Uri("ledger://schema/files"))
{
    /// <summary>The files that are new or have changed.</summary>
    public Task<IReadOnlyList<SchemaFile>> FindDueAsync(CancellationToken cancellation) => SchemaUpgrade.FindDueAsync(database, LedgerDatabase.Parts, cancellation);

    /// <summary>Applies everything, Marten's tables too.</summary>
    public override async Task Setup(CancellationToken token)
    {
        await SchemaUpgrade.ApplyAsync(database, LedgerDatabase.Parts, token);
        await Ledger.Database.RunAsync(() => RegisteredModels.RegisterAsync(database, LedgerProjections.Models, token));
    }

    /// <summary>Fails when files are due.</summary>
    /// <exception cref="SettingsException">The message names them, and what to do.</exception>
    public override async Task Check(CancellationToken token)
    {
        if (await FindDueAsync(token) is [var first, ..] due)
        {
            throw Outdated($"{first.Name}{(due.Count > 1 ? $" and {due.Count - 1} more" : "")}");
        }
    }

    /// <summary>Fails when anything is due, Marten's tables included: what a start does that may not change the schema.</summary>
    /// <exception cref="SettingsException">The message says what, and what to do.</exception>
    public async Task AssertAsync(CancellationToken token)
    {
        await Check(token);
        if (await Ledger.Database.RunAsync(() => RegisteredModels.FindOutdatedAsync(database, LedgerProjections.Models, token)) is [var outdated, ..])
        {
            throw Outdated($"the rows of {outdated} are of another version");
        }

        // As a start makes them: the host's own store knows a table for Wolverine's envelopes as well, which nothing here fills.
        await using var store = LedgerStore.Open(database, LedgerDatabase.Parts);
        if ((await store.Storage.Database.CreateMigrationAsync(token)).Difference is not SchemaPatchDifference.None and var difference)
        {
            throw Outdated($"Marten's tables: {difference}");
        }
    }

    /// <inheritdoc/>
    public override async Task<IRenderable> DetermineStatus(CancellationToken token) =>
        new Markup(await FindDueAsync(token) is { Count: > 0 and var count } ? $"{count} files are due" : "Up to date");

    private static SettingsException Outdated(string what) => new(
        $"the database's schema is not up to date ({what}): run the verb db-apply, or set Ledger:Database:ApplySchema to true.");

}

/// <summary>The ledger among the parts that <c>describe</c>, <c>check-env</c> and <c>resources</c> know.</summary>
public sealed class LedgerPart(SchemaFiles files, LedgerSettings settings) : SystemPartBase("Ledger", new Uri("ledger://host"))
{
    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<IStatefulResource>> FindResources() => new([files]);

    /// <inheritdoc/>
    public override Task WriteToConsole()
    {
        Console.WriteLine($"Data directory: {Path.GetFullPath(settings.DataDirectory)}");
        Console.WriteLine($"A start applies the schema: {(settings.Database.ApplySchema ? "yes" : "no, db-apply does")}");
        return Task.CompletedTask;
    }
}
