using System.Runtime.Versioning;

// Elsewhere it ends at once: see Machine.Prepare.
[assembly: SupportedOSPlatform("linux")]
