using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ledger.Http.Dialects.Empirical;

/// <summary>
/// The integer that this dialect has for something which the ledger knows by name, a project or an environment. A name that is a positive
/// 31-bit decimal integer is its own; any other has the first 31 bits of its SHA-256. The same on every host and for ever, and nothing
/// needs to be stored for it.
/// </summary>
public static class StableNumber
{
    public static int Of(string name)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && name[0] != '0')
        {
            return number;
        }

        var hash = BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) & int.MaxValue;
        return Math.Max(hash, 1);
    }
}
