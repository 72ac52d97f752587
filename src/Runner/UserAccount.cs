using System.Globalization;
using Ledger.Runner.Supervising;

namespace Ledger.Runner;

/// <summary>The user that runs execute as, where the runner may change it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Home">Its home directory.</param>
/// <param name="Ids">Its numbers.</param>
internal sealed record UserAccount(string Name, string Home, UserIds Ids)
{
    /// <summary>Finds a user of this machine by its name; null if there is none.</summary>
    public static UserAccount? Find(string name)
    {
        // name, password, user, group, full name, home, shell
        var user = Lines("/etc/passwd", 7).FirstOrDefault(fields => fields[0] == name);
        if (user is null)
        {
            return null;
        }

        var groupId = Number(user[3]);
        // name, password, group, members
        var groups = Lines("/etc/group", 4).Where(fields => fields[3].Split(',').Contains(name, StringComparer.Ordinal)).Select(f => Number(f[2]));
        return new UserAccount(name, user[5], new UserIds(Number(user[2]), groupId, [.. groups.Append(groupId).Distinct()]));
    }

    private static IEnumerable<string[]> Lines(string file, int fields) =>
        File.ReadLines(file).Select(line => line.Split(':')).Where(line => line.Length >= fields);

    private static uint Number(string text) => uint.Parse(text, CultureInfo.InvariantCulture);
}
