using System.Globalization;
using System.Net;
using System.Text.Json;
using Ledger.Http.AlertChannels.Sending;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.AlertChannels;

/// <summary>What receivers get, and what becomes of it (docs/webhooks.md).</summary>
public sealed class DeliveryTests(ChannelLedger ledger) : IClassFixture<ChannelLedger>, IAsyncLifetime
{
    private readonly string id = $"channel-{Guid.NewGuid():N}";
    private Receiver receiver = null!;

    public async Task InitializeAsync() => receiver = await Receiver.StartAsync();

    public Task DisposeAsync() => receiver.DisposeAsync().AsTask();

    [Fact]
    public async Task A_webhook_is_signed_over_its_id_its_time_and_its_body()
    {
        var secret = (await ledger.PutAsync(id, receiver.Url)).GetProperty("secret").GetString()!;
        var sent = await ledger.TestAsync(id);
        var delivery = await ledger.AfterAttemptsAsync(id, 1);

        var got = receiver.All.ShouldHaveSingleItem();
        got.Path.ShouldBe("/hook");
        got.Id.ShouldBe(sent.GetProperty("webhookId").GetString());
        got.Timestamp.ShouldBe(ledger.Clock.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        got.Signature.ShouldBe(WebhookSignature.Of([secret], got.Id, got.Timestamp, got.Body));
        JsonSerializer.Deserialize<JsonElement>(got.Body).GetProperty("type").GetString().ShouldBe("alert.test");
        delivery.GetProperty("state").GetString().ShouldBe("delivered");
        delivery.GetProperty("attempts")[0].GetProperty("status").GetInt32().ShouldBe(200);
    }

    [Fact]
    public async Task No_secret_of_a_channel_stands_readable_in_any_answer_or_in_the_table()
    {
        var made = (await ledger.PutAsync(id, receiver.Url)).GetProperty("secret").GetString()!;
        var path = $"/ledger/alert-channels/{id}";
        var rotated = (await ledger.Client.PostBodyAsync($"{path}/rotate-secret", null)).Body.GetProperty("secret").GetString()!;
        var own = $"whsec_{Convert.ToBase64String(new byte[24])}";
        var body = new { url = receiver.Url, events = (string[])["alert.failure"], secret = own };
        await ledger.Client.CallAsync(HttpMethod.Put, path, body);
        await ledger.Client.CallAsync(HttpMethod.Put, path, body); // The same again is no further secret.
        await ledger.Client.PostBodyAsync($"{path}/disable", null);
        await ledger.Client.PostBodyAsync($"{path}/enable", null);
        await ledger.TestAsync(id);
        await ledger.AfterAttemptsAsync(id, 1);

        var got = receiver.All.ShouldHaveSingleItem();
        got.Signature.ShouldBe(WebhookSignature.Of([own, rotated, made], got.Id, got.Timestamp, got.Body));
        List<string> ways = [await RowAsync(), await ledger.Client.GetStringAsync("/ledger/alert-channels"), await ledger.Client.GetStringAsync(path)];
        foreach (var secret in (string[])[made, rotated, own])
        {
            ways.ForEach(way => way.ShouldNotContain(secret["whsec_".Length..]));
        }
    }

    [Fact]
    public async Task A_secret_that_was_kept_readable_still_signs_and_is_sealed_by_the_next_change()
    {
        var secret = $"whsec_{Convert.ToBase64String(new byte[32])}";
        await ledger.PutAsync(id, receiver.Url);
        await ledger.ExecuteAsync(
            $$"""update ledger.mt_doc_alertchannel set data = data || '{"secrets": [{"secret": "{{secret}}", "validUntil": null}]}' where data ->> 'id' = '{{id}}'""");

        await ledger.TestAsync(id);
        await ledger.AfterAttemptsAsync(id, 1);
        var got = receiver.All.ShouldHaveSingleItem();
        got.Signature.ShouldBe(WebhookSignature.Of([secret], got.Id, got.Timestamp, got.Body));
        (await RowAsync()).ShouldContain(secret);

        await ledger.Client.CallAsync(HttpMethod.Put, $"/ledger/alert-channels/{id}", new { url = receiver.Url, events = (string[])["alert.recovery"] });
        (await RowAsync()).ShouldNotContain(secret);
        await ledger.TestAsync(id);
        await ledger.AfterAttemptsAsync(id, 1);
        receiver.All[1].Signature.ShouldBe(WebhookSignature.Of([secret], receiver.All[1].Id, receiver.All[1].Timestamp, receiver.All[1].Body));
    }

    [Fact]
    public async Task Nothing_is_sent_unsigned_when_the_key_of_a_secret_is_lost()
    {
        await ledger.PutAsync(id, receiver.Url);
        await ledger.ExecuteAsync(
            $$"""update ledger.mt_doc_alertchannel set data = data || '{"secrets": [{"secret": "CfDJ8lost", "validUntil": null}]}' where data ->> 'id' = '{{id}}'""");
        await ledger.TestAsync(id);

        var delivery = await ledger.AfterAttemptsAsync(id, 1);
        delivery.GetProperty("attempts")[0].GetProperty("error").GetString().ShouldStartWith("The channel's secret cannot be decrypted");
        receiver.All.ShouldBeEmpty();

        (await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/rotate-secret", null)).Status.ShouldBe(HttpStatusCode.OK);
        ledger.Clock.Advance(TimeSpan.FromSeconds(12));
        (await ledger.AfterAttemptsAsync(id, 2)).GetProperty("state").GetString().ShouldBe("delivered");
    }

    [Fact]
    public async Task A_receiver_that_fails_gets_the_same_again_after_a_while()
    {
        receiver.AnswerWith(500, 302, 200);
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);

        var first = await ledger.AfterAttemptsAsync(id, 1);
        first.GetProperty("nextAttemptAt").GetDateTimeOffset()
            .ShouldBeInRange(ledger.Clock.UtcNow.AddSeconds(10), ledger.Clock.UtcNow.AddSeconds(12));
        ledger.Clock.Advance(TimeSpan.FromSeconds(12));
        await ledger.AfterAttemptsAsync(id, 2);
        ledger.Clock.Advance(TimeSpan.FromSeconds(72));
        var last = await ledger.AfterAttemptsAsync(id, 3);

        last.GetProperty("state").GetString().ShouldBe("delivered");
        last.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("status").GetInt32()).ShouldBe([500, 302, 200]);
        last.GetProperty("attempts")[0].GetProperty("response").GetString().ShouldBe("answer 1");
        receiver.All.Select(got => (got.Id, got.Body)).Distinct().ShouldHaveSingleItem();
        receiver.All.Select(got => got.Timestamp).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task A_delivery_is_given_up_after_the_last_attempt()
    {
        receiver.AnswerWith(500);
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);
        for (var attempt = 1; attempt < 3; attempt++)
        {
            await ledger.AfterAttemptsAsync(id, attempt);
            ledger.Clock.Advance(TimeSpan.FromSeconds(72));
        }

        var last = await ledger.AfterAttemptsAsync(id, 3);

        last.GetProperty("state").GetString().ShouldBe("failed");
        last.GetProperty("reason").GetString().ShouldBe("gaveUp");
        last.GetProperty("nextAttemptAt").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData(429, false)]
    [InlineData(503, true)]
    public async Task A_receiver_says_when_to_come_again(int status, bool asDate)
    {
        receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = asDate ? ledger.Clock.UtcNow.AddSeconds(100).ToString("R") : "100";
            return Task.CompletedTask;
        };
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);

        (await ledger.AfterAttemptsAsync(id, 1)).GetProperty("nextAttemptAt").GetDateTimeOffset()
            .ShouldBeInRange(ledger.Clock.UtcNow.AddSeconds(99), ledger.Clock.UtcNow.AddSeconds(120));
    }

    [Fact]
    public async Task A_receiver_that_is_gone_disables_its_channel_until_it_is_enabled()
    {
        receiver.AnswerWith(500, 410, 200);
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);
        await ledger.AfterAttemptsAsync(id, 1);
        await ledger.TestAsync(id);
        var gone = await ledger.AfterAttemptsAsync(id, 1);
        gone = await ledger.DeliveryAsync(id, delivery => delivery.GetProperty("state").GetString() == "failed");

        gone.GetProperty("reason").GetString().ShouldBe("gone");
        var older = (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries?state=failed&limit=1&cursor={gone.GetProperty("deliveryId")}"))
            .Body.GetProperty("entries")[0];
        older.GetProperty("reason").GetString().ShouldBe("channelDisabled");
        var channel = (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}")).Body;
        channel.GetProperty("enabled").GetBoolean().ShouldBeFalse();
        channel.GetProperty("disabledReason").GetString()!.ShouldContain("410");
        (await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/test", null)).Status.ShouldBe(HttpStatusCode.Conflict);

        var enabled = await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/enable", null);
        enabled.Body.GetProperty("enabled").GetBoolean().ShouldBeTrue();
        await ledger.TestAsync(id);
        await ledger.DeliveryAsync(id, delivery => delivery.GetProperty("state").GetString() == "delivered");
        receiver.All.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_channel_that_is_disabled_by_hand_gives_up_what_is_open_and_is_sent_nothing_until_it_is_enabled()
    {
        receiver.AnswerWith(500, 200);
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);
        await ledger.AfterAttemptsAsync(id, 1);

        var disabled = await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/disable", null);

        disabled.Status.ShouldBe(HttpStatusCode.OK);
        disabled.Body.GetProperty("enabled").GetBoolean().ShouldBeFalse();
        disabled.Body.GetProperty("disabledReason").GetString().ShouldBe("disabled by hand");
        disabled.Body.TryGetProperty("secret", out _).ShouldBeFalse();
        var open = await ledger.DeliveryAsync(id, delivery => delivery.GetProperty("state").GetString() == "failed");
        open.GetProperty("reason").GetString().ShouldBe("channelDisabled");
        (await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/test", null)).Status.ShouldBe(HttpStatusCode.Conflict);
        (await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/disable", null)).Body.GetProperty("disabledAt").GetString()
            .ShouldBe(disabled.Body.GetProperty("disabledAt").GetString());
        receiver.All.Count.ShouldBe(1);

        await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/enable", null);
        await ledger.TestAsync(id);
        await ledger.DeliveryAsync(id, delivery => delivery.GetProperty("state").GetString() == "delivered");
        receiver.All.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Only_an_administrator_of_the_whole_account_disables_a_channel_that_there_is()
    {
        await ledger.PutAsync(id, receiver.Url);
        var key = await ledger.Client.PostBodyAsync("/ledger/keys", new { name = "reader", scopes = (string[])["read"] });
        using var reader = ledger.Ledger.ClientWith(key.Body.GetProperty("apiKey").GetString());

        (await reader.PostBodyAsync($"/ledger/alert-channels/{id}/disable", null)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await ledger.Client.PostBodyAsync("/ledger/alert-channels/unknown/disable", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.Client.PostBodyAsync("/ledger/alert-channels/a%20b/disable", null)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}")).Body.GetProperty("enabled").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_receiver_that_was_gone_disables_no_channel_whose_address_has_changed_meanwhile()
    {
        await using var other = await Receiver.StartAsync();
        receiver.Answer = async (context, _) =>
        {
            await ledger.Client.CallAsync(HttpMethod.Put, $"/ledger/alert-channels/{id}", new { url = other.Url, events = (string[])["alert.failure"] });
            context.Response.StatusCode = 410;
        };
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);

        (await ledger.AfterAttemptsAsync(id, 1)).GetProperty("reason").GetString().ShouldBe("gone");
        (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}")).Body.GetProperty("enabled").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData("withdrawn")]
    [InlineData("suppressed")]
    public async Task What_its_alert_says_now_is_looked_at_before_every_try(string state)
    {
        receiver.AnswerWith(500, 200);
        await ledger.PutAsync(id, receiver.Url);
        var delivery = (await ledger.TestAsync(id)).GetProperty("deliveryId").GetInt64();
        await ledger.AfterAttemptsAsync(id, 1);
        await ledger.ExecuteAsync($"""
            insert into ledger.alerts (position, account_id, check_id, check_name, check_type, location, session_id, sequence_id, alert_type,
              state, decided_at, settled_position)
            values ({-delivery}, gen_random_uuid(), gen_random_uuid(), 'a', 'API', 'eu', gen_random_uuid(), gen_random_uuid(), 'ALERT_FAILURE',
              '{state}', now(), {-delivery});
            update ledger.alert_deliveries set alert_position = {-delivery} where id = {delivery}
            """);
        ledger.Clock.Advance(TimeSpan.FromSeconds(12));

        await ledger.DeliveryAsync(id, found => found.GetProperty("state").GetString() == "withdrawn");
        receiver.All.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_delivery_is_forgotten_with_its_tries_some_time_after_it_is_over()
    {
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);
        await ledger.DeliveryAsync(id, delivery => delivery.GetProperty("state").GetString() == "delivered");
        ledger.Clock.Advance(TimeSpan.FromDays(89));
        await ledger.Ledger.HandleAsync(new ForgetDeliveries());
        (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Body.GetProperty("entries").GetArrayLength().ShouldBe(1);

        ledger.Clock.Advance(TimeSpan.FromDays(2));
        await ledger.Ledger.HandleAsync(new ForgetDeliveries());

        (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Body.GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_sign_for_a_day()
    {
        var old = (await ledger.PutAsync(id, receiver.Url)).GetProperty("secret").GetString()!;
        var rotated = (await ledger.Client.PostBodyAsync($"/ledger/alert-channels/{id}/rotate-secret", null)).Body;
        var fresh = rotated.GetProperty("secret").GetString()!;
        rotated.GetProperty("previousValidUntil").GetDateTimeOffset().ShouldBe(ledger.Clock.UtcNow.AddHours(24));

        await ledger.TestAsync(id);
        await ledger.AfterAttemptsAsync(id, 1);
        ledger.Clock.Advance(TimeSpan.FromHours(24));
        await ledger.TestAsync(id);
        await Eventually.Become(() => receiver.All.Count == 2);

        var (both, one) = (receiver.All[0], receiver.All[1]);
        both.Signature.ShouldBe(WebhookSignature.Of([fresh, old], both.Id, both.Timestamp, both.Body));
        one.Signature.ShouldBe(WebhookSignature.Of([fresh], one.Id, one.Timestamp, one.Body));
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_waited_for_15_seconds_and_holds_up_no_other()
    {
        using var ended = new CancellationTokenSource();
        receiver.Answer = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await ledger.PutAsync(id, receiver.Url);
        for (var n = 0; n < 5; n++)
        {
            await ledger.TestAsync(id);
        }

        await Eventually.Become(() => receiver.All.Count == 2, expectation: "as many as one receiver may get at once");
        await using var other = await Receiver.StartAsync();
        await ledger.PutAsync($"{id}-other", other.Url);
        await ledger.TestAsync($"{id}-other");
        await ledger.AfterAttemptsAsync($"{id}-other", 1);
        receiver.All.Count.ShouldBe(2);

        ledger.Clock.Advance(TimeSpan.FromSeconds(15));
        await Eventually.Become(
            async () => (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Body.GetProperty("entries")
                .EnumerateArray().Count(delivery => delivery.GetProperty("attempts").GetArrayLength() == 1) >= 2);
        var oldest = (await ledger.Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Body.GetProperty("entries")[4];
        oldest.GetProperty("attempts")[0].GetProperty("error").GetString().ShouldBe("no answer within 15 s");
        oldest.GetProperty("attempts")[0].GetProperty("durationMs").GetInt64().ShouldBe(15_000);
        (await ledger.Client.CallAsync(HttpMethod.Delete, $"/ledger/alert-channels/{id}")).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Only_the_beginning_of_an_answer_is_kept_whatever_it_is()
    {
        receiver.Answer = async (context, _) =>
        {
            await context.Response.Body.WriteAsync(new byte[] { 0, 0xff, (byte)'a' });
            var chunk = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }
        };
        await ledger.PutAsync(id, receiver.Url);
        await ledger.TestAsync(id);
        var delivery = await ledger.AfterAttemptsAsync(id, 1);

        delivery.GetProperty("state").GetString().ShouldBe("delivered");
        var response = delivery.GetProperty("attempts")[0].GetProperty("response").GetString()!;
        response.Length.ShouldBeLessThanOrEqualTo(1_024);
        response.ShouldStartWith("\uFFFD\uFFFDa");
    }

    [Fact]
    public async Task A_name_that_leads_to_a_private_address_is_refused_when_it_is_connected_to()
    {
        using var database = new TestDatabase();
        await using var strict = await RunningLedger.StartAsync(database.ConnectionString);
        var put = await strict.Client.CallAsync(
            HttpMethod.Put,
            $"/ledger/alert-channels/{id}",
            new { url = $"http://{Dns.GetHostName()}:{receiver.Url.Port}/", events = (string[])["alert.failure"] });
        put.Status.ShouldBe(HttpStatusCode.Created, put.Body.ToString());
        await strict.Client.PostBodyAsync($"/ledger/alert-channels/{id}/test", null);

        var delivery = await Eventually.Become(
            async () => (await strict.Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Body.GetProperty("entries")[0],
            delivery => delivery.GetProperty("attempts").GetArrayLength() > 0);
        delivery.GetProperty("attempts")[0].GetProperty("error").GetString()!.ShouldContain("no public address");
        receiver.All.ShouldBeEmpty();
    }

    private async Task<string> RowAsync()
    {
        await using var source = NpgsqlDataSource.Create(ledger.ConnectionString);
        await using var command = source.CreateCommand("select data::text from ledger.mt_doc_alertchannel where data ->> 'id' = $1");
        command.Parameters.AddWithValue(id);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
