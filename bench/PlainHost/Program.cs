// The outside reference for what the ledger adds: the same trigger and the same cancel as ordinary endpoints of Wolverine.Http and Marten,
// each request a Marten session and a commit of its own. It writes to the ledger's own log, whose host keeps the read models of these events
// as well. No keys, no limits, no deadlines.
using JasperFx;
using JasperFx.CodeGeneration;
using Ledger;
using Marten;
using Npgsql;
using Wolverine;
using Wolverine.Http;
using Wolverine.Marten;

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
        options.AutoCreateSchemaObjects = AutoCreate.None;
    })
    .IntegrateWithWolverine(integration =>
    {
        integration.MessageStorageSchemaName = "plain";
        integration.AutoCreate = AutoCreate.CreateOrUpdate;
    });
builder.Host.UseWolverine(options =>
{
    options.Durability.Mode = DurabilityMode.Solo;
    options.CodeGeneration.TypeLoadMode = TypeLoadMode.Dynamic;
});
builder.Services.AddWolverineHttp();

await using var app = builder.Build();
app.MapWolverineEndpoints(options => options.TenantId.DefaultIs(builder.Configuration["Ledger:Bootstrap:Account"]!));
app.MapGet("/ready", () => TypedResults.Ok());
await app.RunAsync();
