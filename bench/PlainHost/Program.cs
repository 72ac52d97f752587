// The outside reference for what the ledger adds: the same trigger and the same cancel as ordinary endpoints of Wolverine.Http and Marten,
// each request a Marten session and a commit of its own. No keys, no limits, no read models.
using JasperFx.CodeGeneration;
using Ledger;
using Marten;
using Npgsql;
using Wolverine;
using Wolverine.Http;
using Wolverine.Marten;

const string Schema = "plain";

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var connection = new NpgsqlDataSourceBuilder(builder.Configuration.GetConnectionString("Ledger"))
{
    ConnectionStringBuilder = { MaxPoolSize = 40, MaxAutoPrepare = 50, AutoPrepareMinUsages = 2 },
};
await using var database = connection.Build();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services
    .AddMarten(options =>
    {
        options.Connection(database);
        LedgerStore.Configure(options);
        options.DatabaseSchemaName = Schema;
        options.Events.DatabaseSchemaName = Schema;
    })
    .IntegrateWithWolverine(integration => integration.MessageStorageSchemaName = Schema);
builder.Host.UseWolverine(options =>
{
    options.Durability.Mode = DurabilityMode.Solo;
    options.CodeGeneration.TypeLoadMode = TypeLoadMode.Dynamic;
});
builder.Services.AddWolverineHttp();

await using var app = builder.Build();
app.MapWolverineEndpoints();
app.MapGet("/ready", () => TypedResults.Ok());
await app.RunAsync();
