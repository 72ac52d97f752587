using Ledger.Support;

namespace Ledger.Tests.Embedded;

/// <summary>Several hosts on one data directory, at once or one after the other.</summary>
public sealed class HostsOnOneDirectoryTests : DataFolder
{
    [Fact]
    public async Task A_server_that_outlived_its_host_is_adopted()
    {
        var orphan = await Orphan.LeaveAsync(Options());

        await using (var next = await StartAsync())
        {
            next.ProcessId.ShouldBe(orphan.ProcessId);
            next.IsOwner.ShouldBeTrue();
            (await Postmaster.AskAsync(next, "SELECT 1")).ShouldBe(1);
        }

        Postmaster.IsRunning(orphan.ProcessId).ShouldBeFalse();
    }

    [Fact]
    public async Task An_adopted_server_is_as_durable_as_its_new_host_wants_it()
    {
        await Orphan.LeaveAsync(Options(durable: false));

        await using var next = await StartAsync(durable: true);

        await Eventually.Become(() => Postmaster.AskAsync(next, "SHOW fsync"), fsync => Equals(fsync, "on"));
    }

    [Fact]
    public async Task A_guest_does_not_stop_the_owners_server()
    {
        await using var owner = await StartAsync();
        var guest = await StartAsync();
        guest.IsOwner.ShouldBeFalse();
        guest.ConnectionString.ShouldBe(owner.ConnectionString);

        await guest.DisposeAsync();

        Postmaster.IsRunning(owner.ProcessId).ShouldBeTrue();
        (await Postmaster.AskAsync(owner, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_guest_sees_the_server_that_the_owner_restarted()
    {
        await using var owner = await StartAsync();
        await using var guest = await StartAsync();
        var killed = owner.ProcessId;

        Postmaster.Kill(killed);

        await Eventually.Become(() => Postmaster.AskAsync(guest, "SELECT 1"), one => Equals(one, 1));
        await Eventually.Become(() => guest.ProcessId != killed && guest.ProcessId == owner.ProcessId);
        guest.IsOwner.ShouldBeFalse();
    }

    [Fact]
    public async Task A_guest_becomes_the_owner_when_the_owner_goes()
    {
        var owner = await StartAsync();
        await using var guest = await StartAsync();
        await Postmaster.WriteRowAsync(owner);

        await owner.DisposeAsync();

        await Eventually.Become(() => Postmaster.ReadRowAsync(guest), row => Equals(row, "kept"));
        guest.IsOwner.ShouldBeTrue();
    }

    [Fact]
    public async Task Hosts_that_start_at_the_same_instant_share_one_cluster()
    {
        var hosts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => StartAsync())));
        try
        {
            hosts.Count(host => host.IsOwner).ShouldBe(1);
            hosts.Select(host => host.ProcessId).Distinct().ShouldHaveSingleItem();
            hosts.Select(host => host.ConnectionString).Distinct().ShouldHaveSingleItem();
        }
        finally
        {
            foreach (var host in hosts.OrderBy(host => host.IsOwner))
            {
                await host.DisposeAsync();
            }
        }
    }
}
