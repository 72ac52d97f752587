using System.Xml.Linq;
using Marten;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ledger.Web.Access;

/// <summary>A key of ASP.NET's data protection, for forms and for pages that become live; nobody is signed in by it.</summary>
/// <param name="Id">What the framework calls it.</param>
/// <param name="Xml">The key.</param>
public sealed record ProtectionKey(string Id, string Xml);

/// <summary>The keys of all hosts.</summary>
public sealed class ProtectionKeyDocuments : MartenRegistry
{
    public ProtectionKeyDocuments() => For<ProtectionKey>().SingleTenanted();
}

/// <summary>Keeps the keys in the database, so that a page that one host made is good for another, and after a restart.</summary>
internal sealed class ProtectionKeys(IDocumentStore store) : IXmlRepository
{
    public static void Add(IServiceCollection services)
    {
        services.AddDataProtection(protection => protection.ApplicationDiscriminator = "ledger");
        services.AddOptions<KeyManagementOptions>().Configure<IDocumentStore>((keys, store) => keys.XmlRepository = new ProtectionKeys(store));

        // It warns that they are not encrypted. Neither is anything else in the database, and they open nothing by themselves.
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error));
    }

    // The framework asks before there is anything to wait for, and has no other way to ask.
    public IReadOnlyCollection<XElement> GetAllElements() => Task.Run(async () =>
    {
        await using var documents = store.QuerySession();
        return (await documents.Query<ProtectionKey>().ToListAsync()).Select(key => XElement.Parse(key.Xml)).ToList();
    }).GetAwaiter().GetResult();

    public void StoreElement(XElement element, string friendlyName) => Task.Run(async () =>
    {
        await using var documents = store.LightweightSession();
        documents.Store(new ProtectionKey(friendlyName, element.ToString(SaveOptions.DisableFormatting)));
        await documents.SaveChangesAsync();
    }).GetAwaiter().GetResult();
}
