using System.Text.Json;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Web.Sessions;

/// <summary>An event as readers of every interface may see it: who caused it, and what it says, without the values of secret variables.</summary>
public delegate (Actor? Actor, JsonElement Data) EventViews(RecordedEvent recorded);
