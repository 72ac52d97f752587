using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Checks;

/// <summary>Checks come in pages; who chooses among all of them still sees all.</summary>
public sealed class CheckPageTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private RunningLedger ledger = null!;

    private HttpClient Client => ledger.Client;

    public async Task InitializeAsync() => ledger = await RunningLedger.StartAsync(database.ConnectionString);

    public Task DisposeAsync() => ledger.DisposeAsync().AsTask();

    [Fact]
    public async Task Pages_hold_every_check_once_by_name()
    {
        foreach (var name in (string[])["b", "a", "c", "b", "d", "b", "e", "f"])
        {
            await PutAsync(name);
        }

        (await PagesAsync("limit=3")).SelectMany(page => page).ShouldBe(["a", "b", "b", "b", "c", "d", "e", "f"]);
        (await PagesAsync("limit=3")).Select(page => page.Count).ShouldBe([3, 3, 2]);
        (await PagesAsync("limit=4")).Count.ShouldBe(2);
        (await PagesAsync("")).ShouldHaveSingleItem().Count.ShouldBe(8);
    }

    [Fact]
    public async Task What_was_registered_or_renamed_meanwhile_moves_no_other()
    {
        foreach (var name in (string[])["b", "d", "f"])
        {
            await PutAsync(name);
        }

        var first = (await Client.ReadAsync("/ledger/checks?limit=2")).Body;
        await PutAsync("a");
        await PutAsync("e");
        var rest = (await Client.ReadAsync($"/ledger/checks?limit=9&cursor={first.GetProperty("nextCursor").GetString()}")).Body;

        rest.GetProperty("entries").EnumerateArray().Select(check => check.GetProperty("name").GetString()).ShouldBe(["e", "f"]);
    }

    [Fact]
    public async Task A_page_of_large_checks_ends_early()
    {
        for (var nth = 0; nth < 7; nth++)
        {
            await PutAsync($"check {nth}", new string('x', 900_000));
        }

        var pages = await PagesAsync("");
        pages.Select(page => page.Count).ShouldBe([5, 2]);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("cursor=x")]
    [InlineData("cursor=AAAA")]
    [InlineData("sort=name")]
    public async Task A_malformed_query_is_refused(string query)
    {
        foreach (var path in (string[])["checks", "groups", "keys"])
        {
            (await Client.ReadAsync($"/ledger/{path}?{query}")).Status.ShouldBe(HttpStatusCode.BadRequest, path);
        }
    }

    [Fact]
    public async Task An_account_has_ten_thousand_checks_and_no_more()
    {
        var known = await PutAsync("known");
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var many = source.CreateCommand("""
            insert into ledger.mt_doc_check (tenant_id, id, data, mt_last_modified, mt_version, mt_dotnet_type)
            select c.tenant_id, made.id, c.data || jsonb_build_object('id', made.id, 'name', 'check ' || made.n, 'tags', jsonb_build_array('many')),
              now(), gen_random_uuid(), c.mt_dotnet_type
            from ledger.mt_doc_check c, (select n, gen_random_uuid() as id from generate_series(1, 9999) n) made where c.id = $1
            """);
        many.Parameters.AddWithValue(known);
        (await many.ExecuteNonQueryAsync()).ShouldBe(9_999);

        (await PutAsync(Guid.NewGuid(), "one more")).Status.ShouldBe(HttpStatusCode.Conflict);
        (await PutAsync(known, "changed")).Status.ShouldBe(HttpStatusCode.OK);
        (await PagesAsync("")).Select(page => page.Count).ShouldBe(Enumerable.Repeat(1_000, 10));
        using var counted = await Client.GetAsync("/v1/checks?limit=1&tag=many");
        counted.Content.Headers.ContentRange?.ToString().ShouldBe("items 0-0/9999");
    }

    private async Task<List<List<string?>>> PagesAsync(string query)
    {
        var pages = new List<List<string?>>();
        string? cursor = null;
        do
        {
            var page = (await Client.ReadAsync($"/ledger/checks?{query}{(cursor is null ? "" : $"&cursor={cursor}")}")).Body;
            pages.Add([.. page.GetProperty("entries").EnumerateArray().Select(check => check.GetProperty("name").GetString())]);
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        return pages;
    }

    private async Task<Guid> PutAsync(string name, string script = "")
    {
        var id = Guid.NewGuid();
        (await PutAsync(id, name, script)).Status.ShouldBe(HttpStatusCode.Created);
        return id;
    }

    private Task<Answer> PutAsync(Guid id, string name, string script = "") => Client.CallAsync(
        HttpMethod.Put, $"/ledger/checks/{id}", new { name, checkType = "API", tags = Array.Empty<string>(), locations = (string[])["eu"], spec = new { script } });
}
