using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JasperFx.Events;
using JasperFx.MultiTenancy;
using Ledger.Serialization;
using Weasel.Core;

namespace Ledger;

/// <summary>
/// Everything that Marten must know of the ledger: one stream per session, the account as its tenant, events under the snake case of their
/// names, all metadata. Every host, test and tool opens the database with these options. The documents of other parts stand beside those
/// parts: each <see cref="MartenRegistry"/> of an assembly that is named says what Marten must know of one.
/// </summary>
public static class LedgerStore
{
    /// <summary>The schema that everything lives in.</summary>
    public const string Schema = "ledger";

    /// <summary>Sets Marten's options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="further">Assemblies with documents of their own.</param>
    public static void Configure(StoreOptions options, params IEnumerable<Assembly> further)
    {
        options.DatabaseSchemaName = Schema;
        options.Events.DatabaseSchemaName = Schema;
        options.Events.StreamIdentity = StreamIdentity.AsGuid;
        options.Events.TenancyStyle = TenancyStyle.Conjoined;
        options.Events.AppendMode = EventAppendMode.Quick;

        // A lost race must not burn sequence numbers: a gap holds up everything that follows the log.
        options.Events.UseExclusiveLockOnConcurrentAppends = true;
        options.Events.UseMandatoryStreamTypeDeclaration = true;
        options.Events.MetadataConfig.EnableAll();
        options.Events.MetadataConfig.UserNameEnabled = true;
        options.Events.AddEventTypes(EventTypes.Known);
        options.Projections.LiveStreamAggregation<Session>();

        // By default an event that a projection cannot apply is left out without a word.
        options.Projections.Errors.SkipApplyErrors = false;
        options.UseSystemTextJsonForSerialization(Json(), EnumStorage.AsString, Casing.CamelCase, OwnEnumWords);

        // An account's key may be any text, so that the tenant is part of the id and not of the table.
        options.Schema.For<RememberedAnswer>().SingleTenanted().Identity(answer => answer.Id);

        foreach (var documents in further.Distinct().SelectMany(assembly => assembly.GetTypes()).Where(IsRegistry))
        {
            options.Schema.Include((MartenRegistry)Activator.CreateInstance(documents)!);
        }

        // Who writes knows what a repeat means (SessionWriter), who reads repeats by itself: nobody repeats behind their backs.
        options.ConfigurePolly(static _ => { });
    }

    /// <summary>Opens the store of a database by itself, for tools and tests; a host registers it with its services.</summary>
    /// <param name="dataSource">The database; it stays the caller's.</param>
    /// <param name="further">Assemblies with documents of their own.</param>
    public static DocumentStore Open(NpgsqlDataSource dataSource, params IEnumerable<Assembly> further) => DocumentStore.For(options =>
    {
        options.Connection(dataSource);
        Configure(options, further);
    });

    private static bool IsRegistry(Type type) => type.IsSubclassOf(typeof(MartenRegistry)) && !type.IsAbstract;

    /// <summary>Marten adds a converter of its own for enums, which knows neither camelCase nor the published words.</summary>
    private static void OwnEnumWords(JsonSerializerOptions json)
    {
        json.Converters.Insert(0, new CamelCaseEnumConverter());
    }

    /// <summary>How events and documents are written: as <see cref="EventJson"/> says, and alike what it does not know.</summary>
    private static JsonSerializerOptions Json() => new(EventJson.Default.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(EventJson.Default, new DefaultJsonTypeInfoResolver()),
    };
}
