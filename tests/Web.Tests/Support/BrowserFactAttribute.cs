using Ledger.Support;

namespace Ledger.Web.Tests.Support;

/// <summary>A test in a real browser: Chromium as the system has it. Skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = InstalledChromium.Path is null ? "There is no Chromium: install it, or name one by CHROMIUM_PATH." : null;
}
