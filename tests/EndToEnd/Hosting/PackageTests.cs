using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ledger.EndToEnd.Hosting;

/// <summary>What docs/operations.md#installing says: tools that install and run, images, and a compose file that fits both.</summary>
public sealed class PackageTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(300);
    private static readonly string Dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    // bin/Debug/net10.0: what is built is packed.
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private readonly string folder = Directory.CreateTempSubdirectory("ledger-packages-").FullName;

    private Dictionary<string, string> Environment => new(StringComparer.Ordinal)
    {
        ["DOTNET_ROOT"] = Dotnet,
        ["NUGET_PACKAGES"] = Path.Combine(folder, "cache"),
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_tools_install_from_their_packages_and_the_runner_executes_a_run_of_the_ledger()
    {
        var (packages, tools) = (Path.Combine(folder, "packages"), Path.Combine(folder, "tools"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "nuget.config"), $"""<configuration><packageSources><clear /><add key="here" value="{packages}" /></packageSources></configuration>""");
        foreach (var (project, tool) in ((string, string)[])[("Http", "Ledger.Host"), ("Runner", "Ledger.Runner")])
        {
            // Everything was restored for the build; the packages' own cache is for the installation.
            await CallAsync(TourTests.Repository(), restored: true, "pack", $"src/{project}", "-c", Configuration, "--no-build", "-o", packages);
            await CallAsync(folder, restored: false, "tool", "install", tool, "--tool-path", tools, "--configfile", Path.Combine(folder, "nuget.config"));
        }

        var (ledger, runner) = (Path.Combine(tools, "ledger"), Path.Combine(tools, "ledger-runner"));
        (await PrintedAsync(ledger, "--version")).ShouldMatch(@"^\d+\.\d+\.\d+$");
        (await PrintedAsync(runner, "--version")).ShouldBe(await PrintedAsync(ledger, "--version"));
        (await PrintedAsync(ledger, "--help")).ShouldContain("Usage: ledger [verb]");

        var key = $"package-key-{Guid.NewGuid():N}";
        var address = new Uri($"http://127.0.0.1:{LedgerProcess.FreePort()}");
        var settings = Environment;
        settings["ConnectionStrings__Ledger"] = database.ConnectionString;
        settings["Ledger__Bootstrap__Account"] = $"{Guid.NewGuid()}";
        settings["Ledger__Bootstrap__ApiKey"] = key;
        var keyFile = Path.Combine(folder, "key");
        await File.WriteAllTextAsync(keyFile, key);
        await using var host = ChildProcess.Start(ledger, ["--urls", $"{address}"], folder, settings);
        using var client = new HttpClient { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        await Eventually.Become(async () => (await client.GetAsync("/health/live")).IsSuccessStatusCode, TimeSpan.FromSeconds(60));
        await using var running = ChildProcess.Start(
            runner, ["--url", $"{address}", "--key-file", keyFile, "--location", "here", "--data-directory", Path.Combine(folder, "runner")], folder, Environment);

        using var made = await client.PostAsJsonAsync("/ledger/sessions", new
        {
            kind = "test",
            name = "Installed",
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "Installed", location = "here", spec = new { command = new[] { "echo", "installed" } } } },
        });
        var session = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetString();
        await Eventually.Become(
            () => client.GetFromJsonAsync<JsonElement>($"/ledger/sessions/{session}"),
            seen => seen.GetProperty("status").GetString() == "PASSED",
            TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData("Http", "ledger", "Ledger.Http")]
    [InlineData("Runner", "ledger-runner", "Ledger.Runner")]
    public async Task An_image_is_made_on_its_base_and_starts_the_program(string project, string name, string program)
    {
        await using var registry = await BaseImage.ServeAsync();
        var archive = Path.Combine(folder, "image.tar");

        await CallAsync(
            TourTests.Repository(), restored: true, "publish", $"src/{project}", "-c", Configuration, "--no-build", "-t:PublishContainer",
            $"-p:ContainerBaseImage={registry.Name}", $"-p:ContainerArchiveOutputPath={archive}", $"-p:PublishDir={folder}/publish/");

        var entries = await EntriesAsync(archive);
        using var manifest = JsonDocument.Parse(entries["manifest.json"]);
        var image = manifest.RootElement[0];
        image.GetProperty("RepoTags")[0].GetString().ShouldBe($"{name}:latest");
        using var config = JsonDocument.Parse(entries[image.GetProperty("Config").GetString()!]);
        config.RootElement.GetProperty("config").GetProperty("Entrypoint").ToString().ShouldContain(program);
        image.GetProperty("Layers").GetArrayLength().ShouldBe(2, "the base's, and the program's");
    }

    [Fact]
    public async Task The_compose_file_names_settings_and_options_that_exist_and_gives_the_runner_a_key_of_its_own()
    {
        var compose = await File.ReadAllTextAsync(Path.Combine(TourTests.Repository(), "docker-compose.yml"));
        var host = (await HostRun.CallAsync(folder, "--help")).Text;
        var runner = await PrintedAsync("dotnet", Path.Combine(AppContext.BaseDirectory, "Ledger.Runner.dll"), "--help");

        var settings = Regex.Matches(compose, "^ +(?<name>Ledger__[A-Za-z_]+):", RegexOptions.Multiline, TimeSpan.FromSeconds(5)).Select(found => found.Groups["name"].Value).ToList();
        settings.ShouldNotBeEmpty();
        settings.ShouldAllBe(name => Regex.IsMatch(host, $"^  {name.Replace("__", ":", StringComparison.Ordinal)}(?: |$)", RegexOptions.Multiline, TimeSpan.FromSeconds(5)));
        var runnerPart = compose[compose.IndexOf("\n  runner:", StringComparison.Ordinal)..];
        var options = Regex.Matches(runnerPart, "^ +LEDGER_(?<name>[A-Z_]+):", RegexOptions.Multiline, TimeSpan.FromSeconds(5)).Select(found => found.Groups["name"].Value).ToList();
        options.ShouldContain("KEY_FILE");
        options.ShouldAllBe(name => runner.Contains($"--{name.ToLowerInvariant().Replace('_', '-')} ", StringComparison.Ordinal));
        runnerPart.ShouldContain("environment: LEDGER_RUNNER_KEY");
        runnerPart.ShouldNotContain("LEDGER_API_KEY");
    }

    private static async Task<Dictionary<string, byte[]>> EntriesAsync(string archive)
    {
        await using var file = File.OpenRead(archive);
        await using var tar = new TarReader(file);
        var entries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using var content = new MemoryStream();
            await (entry.DataStream?.CopyToAsync(content) ?? Task.CompletedTask);
            entries[entry.Name] = content.ToArray();
        }

        return entries;
    }

    private async Task CallAsync(string directory, bool restored, params string[] arguments)
    {
        var environment = Environment;
        if (restored)
        {
            environment.Remove("NUGET_PACKAGES");
        }

        await using var call = ChildProcess.Start("dotnet", arguments, directory, environment);
        (await call.ExitCodeAsync(Patience)).ShouldBe(0, string.Join('\n', call.Output));
    }

    private async Task<string> PrintedAsync(string program, params string[] arguments)
    {
        await using var call = ChildProcess.Start(program, arguments, folder, Environment);
        (await call.ExitCodeAsync(Patience)).ShouldBe(0, string.Join('\n', call.Output));
        return string.Join('\n', call.Output).Trim();
    }

    /// <summary>A registry on this machine with one image of one file, in the place of the base image, which no test fetches.</summary>
    private sealed class BaseImage(WebApplication app) : IAsyncDisposable
    {
        public string Name => $"localhost:{new Uri(app.Urls.Single()).Port}/base:1";

        public static async Task<BaseImage> ServeAsync()
        {
            var tar = new MemoryStream();
            await using (var writer = new TarWriter(tar, leaveOpen: true))
            {
                await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "etc/base") { DataStream = new MemoryStream([1]) });
            }

            var layer = new MemoryStream();
            await using (var zip = new GZipStream(layer, CompressionMode.Compress, leaveOpen: true))
            {
                await zip.WriteAsync(tar.ToArray());
            }

            var architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
            var config = JsonSerializer.SerializeToUtf8Bytes(new
            {
                architecture,
                os = "linux",
                config = new { Env = new[] { "PATH=/usr/bin" } },
                rootfs = new { type = "layers", diff_ids = new[] { Digest(tar.ToArray()) } },
            });
            var manifest = JsonSerializer.SerializeToUtf8Bytes(new
            {
                schemaVersion = 2,
                mediaType = "application/vnd.docker.distribution.manifest.v2+json",
                config = new { mediaType = "application/vnd.docker.container.image.v1+json", size = config.Length, digest = Digest(config) },
                layers = new[] { new { mediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip", size = layer.Length, digest = Digest(layer.ToArray()) } },
            });
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            app.MapGet("/v2/", () => Results.Ok());
            app.MapMethods("/v2/base/manifests/{tag}", ["GET", "HEAD"], (HttpResponse response) =>
            {
                response.Headers["Docker-Content-Digest"] = Digest(manifest);
                return Results.Bytes(manifest, "application/vnd.docker.distribution.manifest.v2+json");
            });
            app.MapMethods("/v2/base/blobs/{digest}", ["GET", "HEAD"], (string digest) => Results.Bytes(digest == Digest(config) ? config : layer.ToArray()));
            await app.StartAsync();
            return new BaseImage(app);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private static string Digest(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
    }
}
