using Ledger.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace Ledger.Web.Tests.Components;

/// <summary>Commands to paste: on the host's own machine they know where the first key is, and nowhere else does anybody learn of that file.</summary>
public sealed class Showing_commands
{
    private static readonly WebSettings Settings = new("1.0", "dotnet run --project src/Runner --", "/srv/my ledger/bootstrap-key", null);

    [Fact]
    public void On_the_hosts_own_machine_they_stand_as_they_are_typed()
    {
        var shell = new Shell(new At("http://127.0.0.1:5080/"), Settings);

        shell.StartRunner("local").ShouldBe("dotnet run --project src/Runner -- --url http://127.0.0.1:5080 --location local --key-file '/srv/my ledger/bootstrap-key'");
        shell.Send("POST", "ledger/sessions", "{}").ShouldBe(
            "curl -X POST http://127.0.0.1:5080/ledger/sessions -H \"Authorization: Bearer $(sed -n 's/^key=//p' '/srv/my ledger/bootstrap-key')\" -d '{}'");
    }

    [Fact]
    public void From_elsewhere_the_file_is_not_told()
    {
        var shell = new Shell(new At("https://ledger.example/"), Settings);

        shell.StartRunner("it's").ShouldBe(@"dotnet run --project src/Runner -- --url https://ledger.example --location 'it'\''s' --key-file FILE");
        shell.Send("POST", "ledger/sessions", "{}").ShouldContain("Bearer $KEY");
    }

    private sealed class At : NavigationManager
    {
        public At(string address) => Initialize(address, address);
    }
}
