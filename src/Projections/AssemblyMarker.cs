namespace Ledger.Projections;

/// <summary>Names this assembly, whose schema files the host applies.</summary>
public static class AssemblyMarker;
