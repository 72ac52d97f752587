namespace Ledger.Http.Errors;

/// <summary>The form in which a dialect writes errors.</summary>
public interface IErrorEnvelope
{
    /// <summary>The answer for a rejected request; status, body and content type, nothing else.</summary>
    IResult Write(RequestRejected rejected);
}
