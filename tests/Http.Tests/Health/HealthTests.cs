using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Http.Tests.Health;

public sealed class HealthTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Health_answers_without_a_key_and_nothing_else_does()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        using var stranger = ledger.ClientWith(null);

        (await stranger.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/openapi/v1.json")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/ledger/checks")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await stranger.GetAsync("/nowhere")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_host_with_a_part_that_does_not_work_is_not_ready_and_says_which()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        var loops = ledger.Services.GetRequiredService<BackgroundLoops>();
        loops.Run("broken-part", (_, _) => throw new InvalidOperationException("A secret of the host."));
        await Eventually.Become(() => !loops.AreHealthy);

        var answer = await ledger.Client.ReadAsync("/health/ready");

        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Body.GetProperty("failing").EnumerateArray().ShouldHaveSingleItem().GetString().ShouldBe("broken-part");
        answer.Body.ToString().ShouldNotContain("secret");
        (await ledger.Client.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Read_models_that_stand_still_are_named_and_are_forgotten_when_they_go_on()
    {
        using var own = new TestDatabase();
        await using var ledger = await RunningLedger.StartAsync(own.ConnectionString);
        await ledger.Client.TriggerAsync("before");
        (await ledger.Client.ReadAsync("/ledger/sessions")).Status.ShouldBe(HttpStatusCode.OK);
        await using (var holder = new NpgsqlConnection(own.ConnectionString))
        {
            await holder.OpenAsync();
            await using var transaction = await holder.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("select from ledger.read_models for update", holder);
            await hold.ExecuteNonQueryAsync();
            await ledger.Client.TriggerAsync("behind");

            var answer = await Eventually.Become(
                () => ledger.Client.ReadAsync("/health/ready"), answer => answer.Status == HttpStatusCode.ServiceUnavailable);

            answer.Body.GetProperty("failing").EnumerateArray().Select(part => part.GetString()).ShouldContain("ReadModels");
        }

        await Eventually.Become(() => ledger.Client.ReadAsync("/health/ready"), answer => answer.Status == HttpStatusCode.OK);
    }
}
