namespace Ledger.Streams;

/// <summary>
/// How notes are written into <c>NOTIFY</c>: base64 of the sending host, then the notes. None at all stands for "look at everything".
/// </summary>
internal static class ChangePayload
{
    // PostgreSQL takes less than 8,000 bytes, which are 5,997 before base64.
    private const int MostBytes = 5_990;

    // A host of another version that writes otherwise is told from this one by it.
    private const byte Form = 1;

    /// <summary>The payloads of some notes, as few as there can be.</summary>
    public static IEnumerable<string> Of(Guid host, IReadOnlyList<ChangeNote> notes)
    {
        using var written = new MemoryStream();
        using var writer = new BinaryWriter(written);
        Begin();
        foreach (var note in notes)
        {
            var end = written.Length;
            Write(writer, note);
            if (written.Length > MostBytes)
            {
                yield return Convert.ToBase64String(written.GetBuffer(), 0, (int)end);
                Begin();
                Write(writer, note);
            }
        }

        yield return Convert.ToBase64String(written.GetBuffer(), 0, (int)written.Length);

        void Begin()
        {
            written.SetLength(0);
            writer.Write(Form);
            writer.Write(host.ToByteArray());
        }
    }

    /// <summary>The notes in a payload; none when everything is to be looked at, or nothing is understood; null for a host's own.</summary>
    public static IReadOnlyList<ChangeNote>? Read(string payload, Guid host)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(Convert.FromBase64String(payload)));
            if (reader.ReadByte() != Form)
            {
                return [];
            }

            if (ReadId(reader) == host)
            {
                return null;
            }

            var notes = new List<ChangeNote>();
            while (reader.BaseStream.Position < reader.BaseStream.Length)
            {
                notes.Add(ReadNote(reader));
            }

            return notes;
        }
        catch (Exception foreign) when (foreign is FormatException or EndOfStreamException)
        {
            return [];
        }
    }

    private static void Write(BinaryWriter writer, ChangeNote note)
    {
        writer.Write(note.Stream.AccountId.ToByteArray());
        writer.Write(note.Stream.SessionId.ToByteArray());
        writer.Write7BitEncodedInt64(note.After);
        writer.Write7BitEncodedInt64(note.Version - note.After);
        writer.Write7BitEncodedInt(note.Topics is null ? 0 : note.Topics.Count + 1);
        foreach (var topic in note.Topics ?? [])
        {
            writer.Write(topic.Hash);
        }
    }

    private static ChangeNote ReadNote(BinaryReader reader)
    {
        var stream = new StreamId(ReadId(reader), ReadId(reader));
        var after = reader.Read7BitEncodedInt64();
        var version = after + reader.Read7BitEncodedInt64();
        var topics = reader.Read7BitEncodedInt() - 1;
        return new ChangeNote(
            stream,
            after,
            version,
            topics < 0 ? null : [.. Enumerable.Range(0, topics).Select(_ => new ChangeTopic(stream.AccountId, reader.ReadInt32()))]);
    }

    private static Guid ReadId(BinaryReader reader)
    {
        Span<byte> id = stackalloc byte[16];
        reader.BaseStream.ReadExactly(id);
        return new Guid(id);
    }
}
