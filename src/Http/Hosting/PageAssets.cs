namespace Ledger.Http.Hosting;

/// <summary>
/// The files that pages are made of: those of a published host lie beside it, those of a built one where its build found them. Never what lies
/// in the working directory, which is its user's.
/// </summary>
internal static class PageAssets
{
    private const string Host = "Ledger.Http";

    /// <summary>The build's list of them.</summary>
    public static string Manifest => Path.Combine(AppContext.BaseDirectory, $"{Host}.staticwebassets.endpoints.json");

    /// <summary>A host that serves them.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = Host,
            WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot"),
        });
        builder.WebHost.UseStaticWebAssets();
        return builder;
    }
}
