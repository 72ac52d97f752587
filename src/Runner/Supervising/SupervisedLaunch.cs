namespace Ledger.Runner.Supervising;

/// <summary>What a supervisor is to start, as the runner tells it over its standard input: neither arguments nor environment can be read by others there.</summary>
/// <param name="Program">The full path of the program.</param>
/// <param name="Arguments">Its arguments, beginning with its name.</param>
/// <param name="Directory">Where.</param>
/// <param name="Environment">All of its variables, each as <c>NAME=value</c>.</param>
/// <param name="Mark">The variable by which the processes of the run are known, as <c>NAME=value</c>.</param>
/// <param name="RecordFile">Where to note what is running, for whoever comes when runner and supervisor are gone.</param>
/// <param name="User">Who it runs as; null for the runner's own user.</param>
/// <param name="UsesControlGroup">Whether to make a control group, where that is allowed.</param>
internal sealed record SupervisedLaunch(
    string Program,
    IReadOnlyList<string> Arguments,
    string Directory,
    IReadOnlyList<string> Environment,
    string Mark,
    string RecordFile,
    UserIds? User,
    bool UsesControlGroup)
{
    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="EndOfStreamException">The runner ended meanwhile.</exception>
    public static SupervisedLaunch Read(BinaryReader reader) => new(
        reader.ReadString(),
        ReadTexts(reader),
        reader.ReadString(),
        ReadTexts(reader),
        reader.ReadString(),
        reader.ReadString(),
        reader.ReadBoolean() ? ReadUser(reader) : null,
        reader.ReadBoolean());

    /// <summary>Writes it.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Program);
        WriteTexts(writer, Arguments);
        writer.Write(Directory);
        WriteTexts(writer, Environment);
        writer.Write(Mark);
        writer.Write(RecordFile);
        writer.Write(User is not null);
        if (User is not null)
        {
            WriteTexts(writer, [.. new[] { User.Id, User.GroupId }.Concat(User.Groups).Select(id => $"{id}")]);
        }

        writer.Write(UsesControlGroup);
    }

    private static UserIds ReadUser(BinaryReader reader)
    {
        var ids = Array.ConvertAll(ReadTexts(reader), text => uint.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        return new UserIds(ids[0], ids[1], ids[2..]);
    }

    private static string[] ReadTexts(BinaryReader reader)
    {
        var texts = new string[reader.ReadInt32()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.ReadString();
        }

        return texts;
    }

    private static void WriteTexts(BinaryWriter writer, IReadOnlyList<string> texts)
    {
        writer.Write(texts.Count);
        foreach (var text in texts)
        {
            writer.Write(text);
        }
    }
}
