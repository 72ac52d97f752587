using System.Security.Cryptography.X509Certificates;

namespace Ledger.Http.Settings;

/// <summary>How the keys are protected that secrets are encrypted with (docs/security.md#keys).</summary>
public sealed class SecretSettings
{
    /// <summary>A PKCS#12 file with the certificate and its private RSA key that protect the key ring in the database; null for no protection there.</summary>
    public string? Certificate { get; set; }

    /// <summary>The file's password, if it has one.</summary>
    public string? CertificatePassword { get; set; }

    /// <summary>The certificate; null when none is set.</summary>
    /// <exception cref="SettingsException">It cannot be used; the message says why.</exception>
    public X509Certificate2? Load()
    {
        if (Certificate is null)
        {
            return null;
        }

        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(Certificate, CertificatePassword);
            return certificate.HasPrivateKey && certificate.GetRSAPublicKey() is not null
                ? certificate
                : throw new SettingsException($"Ledger:Secrets:Certificate '{Certificate}' must hold an RSA certificate with its private key.");
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"Ledger:Secrets:Certificate '{Certificate}' cannot be read: {fault.Message.TrimEnd('.')}.");
        }
    }
}
