namespace Ledger.Projections.Daemon;

/// <summary>
/// How many events go into one transaction: a few for a projection that keeps up, many for one that is behind, and ever fewer until an
/// event that cannot be handled is alone.
/// </summary>
internal sealed class BatchSize
{
    private readonly int usual;
    private readonly int largest;

    /// <summary>A size that is the usual one at first.</summary>
    public BatchSize(int usual, int largest)
    {
        this.usual = usual;
        this.largest = largest;
        Next = usual;
    }

    /// <summary>The size of the next batch.</summary>
    public int Next { get; private set; }

    /// <summary>The size of the batch after the next one, if there is still more.</summary>
    public int AfterNext => Math.Max(usual, (int)Math.Min(Next * 2L, largest));

    /// <summary>A batch was written.</summary>
    /// <param name="isBehind">Whether more is there to be written, even if the batch ended early because its events are large.</param>
    public void Written(bool isBehind) => Next = isBehind ? AfterNext : usual;

    /// <summary>A batch failed. False when it was a single event.</summary>
    public bool Failed(long size)
    {
        Next = (int)Math.Max(1, size / 2);
        return size > 1;
    }
}
