using Ledger.Http.Tests.Dialects.Published;

namespace Ledger.Http.Tests.Dialects.Checkly.Published;

/// <summary>Holds every answer that a test gets to Checkly's published description, if that is at hand.</summary>
internal sealed class PublishedAnswers() : VendorAnswers(PublishedDescription.Instance);
