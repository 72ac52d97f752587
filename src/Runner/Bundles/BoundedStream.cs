namespace Ledger.Runner.Bundles;

/// <summary>
/// Passes on what an archive unpacks to, up to a limit. It refuses reads into very large buffers as well: a tar header may announce
/// names and attributes of any size, which are read into memory in one piece, and everything else is read in small ones.
/// </summary>
/// <param name="inner">What is read; disposed with this stream.</param>
/// <param name="maximum">The most bytes that are passed on.</param>
internal sealed class BoundedStream(Stream inner, long maximum) : Stream
{
    private const int LargestRead = 1 << 20;

    /// <summary>How much was passed on, and what else was counted with <see cref="Count"/>.</summary>
    public long Total { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Counts bytes that come out of the archive by another way.</summary>
    /// <exception cref="BadBundleException">That is too much.</exception>
    public int Count(int bytes)
    {
        Total += bytes;
        return Total <= maximum ? bytes : throw new BadBundleException($"it unpacks to more than {maximum} bytes");
    }

    public override int Read(Span<byte> buffer) => Count(inner.Read(Checked(buffer.Length, buffer)));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Check(buffer.Length);
        return Count(await inner.ReadAsync(buffer, cancellationToken));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Span<byte> Checked(int length, Span<byte> buffer)
    {
        Check(length);
        return buffer;
    }

    private static void Check(int length)
    {
        if (length > LargestRead)
        {
            throw new BadBundleException($"it has a header of {length} bytes");
        }
    }
}

/// <summary>A bundle that is not unpacked. The message is the end of a sentence that begins with "the bundle cannot be unpacked".</summary>
internal sealed class BadBundleException(string message) : Exception(message);
