namespace Ledger.Access;

/// <summary>A tenant. Every stream, document and key belongs to exactly one.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record Account(Guid Id, string Name, DateTimeOffset CreatedAt);

/// <summary>The accounts themselves are in no account.</summary>
public sealed class AccountDocuments : MartenRegistry
{
    /// <summary>Says so to Marten.</summary>
    public AccountDocuments() => For<Account>().SingleTenanted();
}
