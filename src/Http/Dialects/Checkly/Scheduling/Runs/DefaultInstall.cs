using System.Text.Json.Nodes;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>
/// Installs a bundle's dependencies when the project names no command for it. The package manager is the one whose lock file is in the
/// working directory, or nearest above it in the bundle: that is what the vendor documents, and where workspaces keep it.
/// </summary>
internal static class DefaultInstall
{
    private const string Script =
        """
        for directory do
          if [ -f "$directory/package-lock.json" ]; then cd "$directory" && exec npm install --no-audit --no-fund; exit 1; fi
          if [ -f "$directory/pnpm-lock.yaml" ]; then cd "$directory" && exec pnpm install; exit 1; fi
          if [ -f "$directory/yarn.lock" ]; then cd "$directory" && exec yarn install; exit 1; fi
          if [ -f "$directory/bun.lock" ] || [ -f "$directory/bun.lockb" ]; then cd "$directory" && exec bun install; exit 1; fi
        done
        """;

    /// <summary>The command.</summary>
    /// <param name="depth">How many directories the working directory is below the bundle's root.</param>
    public static JsonArray In(int depth)
    {
        JsonArray command = ["sh", "-c", Script.ReplaceLineEndings("\n"), "install", "."];
        for (var up = 1; up <= depth; up++)
        {
            command.Add(string.Join('/', Enumerable.Repeat("..", up)));
        }

        return command;
    }
}
