namespace Ledger.Http.Bundles;

/// <summary>What a client uploaded for runs to execute: for the supplied runner a gzipped tar; the ledger does not look into it.</summary>
/// <param name="Key">Its id: unguessable, and unknown in every other account.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">The hash of its bytes, in lower-case hexadecimal digits.</param>
public sealed record Bundle(Guid Key, long SizeBytes, string Sha256);
