using MudBlazor;

namespace Ledger.Web.Layout;

/// <summary>
/// What MudBlazor's parts look like. Its colours are set by ledger.css, for both themes at once, so that a page is right from its first moment
/// on; here is only what is the same in both.
/// </summary>
public static class LedgerTheme
{
    private static readonly string[] Family = ["Inter", "system-ui", "-apple-system", "Segoe UI", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Family, FontSize = "0.875rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Family, FontWeight = "550", FontSize = "0.875rem", TextTransform = "none", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontFamily = Family, FontSize = "0.9375rem", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontFamily = Family, FontSize = "0.875rem", LetterSpacing = "normal" },
            H6 = new H6Typography { FontFamily = Family, FontSize = "1.125rem", FontWeight = "620", LetterSpacing = "-0.01em" },
            Subtitle1 = new Subtitle1Typography { FontFamily = Family, LetterSpacing = "normal" },
            Subtitle2 = new Subtitle2Typography { FontFamily = Family, LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontFamily = Family, LetterSpacing = "normal" },
        },
    };
}
