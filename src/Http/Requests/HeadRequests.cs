namespace Ledger.Http.Requests;

/// <summary>Answers <c>HEAD</c> as <c>GET</c> without a body, which the server leaves away by itself.</summary>
public sealed class HeadRequests(RequestDelegate next)
{
    private static readonly object Mark = new();

    /// <summary>Whether the caller asked for the headers alone: what would never end is not begun.</summary>
    public static bool Is(HttpContext context) => context.Items.ContainsKey(Mark);

    public Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Request.Method = HttpMethods.Get;
            context.Items[Mark] = Mark;
        }

        return next(context);
    }
}
