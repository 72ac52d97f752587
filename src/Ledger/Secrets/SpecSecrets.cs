using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Ledger.Secrets;

/// <summary>How secrets are encrypted: with the keys of the installation, each account for itself.</summary>
/// <param name="Protect">Encrypts a text of an account.</param>
/// <param name="Unprotect">Decrypts it; null for what is no such text, or whose key is gone.</param>
public sealed record SecretCipher(Func<Guid, string, string> Protect, Func<Guid, string, string?> Unprotect);

/// <summary>
/// The secret values of what runs execute (docs/security.md#secrets): the one place through which all of them go. A spec is sealed before
/// anything keeps it: each secret stands there as <see cref="Mask"/>, and all values together, encrypted, in one member that no reader is shown.
/// So nothing that is read, streamed, exported or logged can hold one. Only the claim of a run opens its spec, for the runner that executes it.
/// </summary>
/// <param name="cipher">How they are encrypted.</param>
public sealed partial class SpecSecrets(SecretCipher cipher)
{
    /// <summary>What readers see in the place of a secret.</summary>
    public const string Mask = "***";

    /// <summary>The member of a spec that names secret variables.</summary>
    public const string NamesMember = "secretVariables";

    /// <summary>The member of a sealed spec that holds the encrypted values. No caller may send it.</summary>
    public const string SealMember = "$sealed";

    /// <summary>The most secrets that one spec may hold.</summary>
    public const int Maximum = 500;

    private const string PasswordMember = "password";

    // Headers that are credentials, under any capitalisation.
    private static readonly HashSet<string> Headers = new(StringComparer.OrdinalIgnoreCase)
    {
        "authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token", "x-access-token",
    };

    // A spec without any of these words has no secret, and is not looked into.
    private static readonly SearchValues<string> Hints = SearchValues.Create(
        [NamesMember, PasswordMember, "\"secret\"", "\"locked\"", SealMember, "\\u", .. Headers], StringComparison.OrdinalIgnoreCase);

    /// <summary>The spec as readers may see it: without the values, and without what encrypts them. Also one that was never sealed.</summary>
    public static JsonElement? Shown(JsonElement? spec)
    {
        if (Read(spec) is not { } members)
        {
            return spec;
        }

        foreach (var secret in SecretsIn(members))
        {
            secret.Value = JsonValue.Create(Mask);
        }

        members.Remove(SealMember);
        return JsonSerializer.SerializeToElement(members);
    }

    /// <summary>Whether a spec holds more secrets than it may.</summary>
    public static bool HoldsTooMany(JsonElement? spec) => Read(spec) is { } members && SecretsIn(members).Skip(Maximum).Any();

    /// <summary>Whether a spec brings the member that is the ledger's own.</summary>
    public static bool IsForged(JsonElement? spec) => spec is { ValueKind: JsonValueKind.Object } members && members.TryGetProperty(SealMember, out _);

    /// <summary>
    /// The spec as it may be kept. What is sealed already stays so; a value that is only a mask is the one which <paramref name="former"/> has in
    /// its place, so that what was read can be sent back.
    /// </summary>
    /// <param name="account">Whose it is.</param>
    /// <param name="spec">The spec, as it came or sealed before.</param>
    /// <param name="former">The spec that this one replaces, if there is one.</param>
    public JsonElement? Seal(Guid account, JsonElement? spec, JsonElement? former = null)
    {
        if (Read(spec) is not { } members)
        {
            return spec;
        }

        var known = OpenSeal(account, Read(former)) ?? [];
        if (members.ContainsKey(SealMember))
        {
            if (OpenSeal(account, members) is not { } own)
            {
                return spec; // Its key is gone: who claims the run is told.
            }

            known = own;
        }

        var kept = new JsonObject();
        foreach (var secret in SecretsIn(members))
        {
            var value = secret.IsMasked ? known.GetValueOrDefault(secret.Path) : secret.Value;
            if (value is not null)
            {
                kept[secret.Path] = value.DeepClone();
                secret.Value = JsonValue.Create(Mask);
            }
        }

        members.Remove(SealMember);
        if (kept.Count > 0)
        {
            members[SealMember] = cipher.Protect(account, kept.ToJsonString());
        }

        return JsonSerializer.SerializeToElement(members);
    }

    /// <summary>
    /// The spec with its secrets, for the runner that holds the claim. One whose secrets cannot be decrypted any more says so in the place where
    /// runners look for the reason not to execute it: it must not run with masks for passwords.
    /// </summary>
    /// <param name="account">Whose it is.</param>
    /// <param name="spec">The spec.</param>
    public JsonElement? Open(Guid account, JsonElement? spec) => OpenMembers(account, spec) is { } members ? JsonSerializer.SerializeToElement(members) : spec;

    /// <summary>What a runner reports about a run, with a mask wherever a secret of the run's spec stands in it.</summary>
    /// <param name="account">Whose it is.</param>
    /// <param name="spec">What the run executed.</param>
    /// <param name="report">Any JSON.</param>
    public JsonElement? Redact(Guid account, JsonElement? spec, JsonElement? report)
    {
        if (report is not { } json || OpenMembers(account, spec) is not { } members || SecretTexts.Of(SecretsIn(members)) is not { } texts)
        {
            return report;
        }

        var node = JsonSerializer.SerializeToNode(json);
        return JsonSerializer.SerializeToElement(texts.MaskIn(node));
    }

    private JsonObject? OpenMembers(Guid account, JsonElement? spec)
    {
        if (Read(spec) is not { } members || !members.ContainsKey(SealMember))
        {
            return Read(spec);
        }

        if (OpenSeal(account, members) is { } known)
        {
            foreach (var secret in SecretsIn(members).Where(secret => secret.IsMasked))
            {
                secret.Value = known.GetValueOrDefault(secret.Path)?.DeepClone() ?? secret.Value;
            }
        }
        else
        {
            members["unsupported"] = "The run's secrets cannot be decrypted: the key ring of the installation has lost the key that they were sealed with.";
        }

        members.Remove(SealMember);
        return members;
    }

    private Dictionary<string, JsonNode?>? OpenSeal(Guid account, JsonObject? members) =>
        members?[SealMember] is JsonValue box && box.TryGetValue<string>(out var text) && cipher.Unprotect(account, text) is { } json
            ? JsonSerializer.Deserialize<Dictionary<string, JsonNode?>>(json)
            : null;

    /// <summary>The spec to look into; null for one that has no secret for certain, such as any that is no object.</summary>
    private static JsonObject? Read(JsonElement? spec) =>
        spec is { ValueKind: JsonValueKind.Object } members && members.GetRawText().AsSpan().ContainsAny(Hints)
            ? (JsonObject)JsonSerializer.SerializeToNode(members)!
            : null;

    private static List<Secret> SecretsIn(JsonObject spec)
    {
        var names = spec[NamesMember] is JsonArray array
            ? array.OfType<JsonValue>().Select(name => name.TryGetValue<string>(out var text) ? text : "").ToHashSet(StringComparer.Ordinal)
            : [];
        var found = new List<Secret>();
        Collect(spec, "", names, found);
        return found;
    }

    /// <summary>
    /// Wherever a secret stands: a member with the name of a secret variable, of a credential header, or <c>password</c>; or the <c>value</c> of a
    /// <c>{key, value}</c> that is so called, or says itself that it is <c>secret</c> or <c>locked</c>. What only names variables is none.
    /// </summary>
    private static void Collect(JsonNode? node, string path, HashSet<string> names, List<Secret> found)
    {
        switch (node)
        {
            case JsonObject members:
                var isSecretPair = IsSecretPair(members, names);
                foreach (var (name, value) in members)
                {
                    var at = $"{path}/{name}";
                    if (value is not JsonValue)
                    {
                        Collect(value, at, names, found);
                    }
                    else if ((isSecretPair && name == "value") || name == PasswordMember || names.Contains(name) || Headers.Contains(name))
                    {
                        var secret = new Secret(members, name, at);
                        if (secret.Text is not { } text || !Placeholder().IsMatch(text))
                        {
                            found.Add(secret);
                        }
                    }
                }

                break;
            case JsonArray items:
                for (var index = 0; index < items.Count; index++)
                {
                    Collect(items[index], $"{path}/{index}", names, found);
                }

                break;
            default:
                break;
        }
    }

    private static bool IsSecretPair(JsonObject members, HashSet<string> names) =>
        members["key"] is JsonValue key
        && key.TryGetValue<string>(out var name)
        && (names.Contains(name) || Headers.Contains(name) || IsTrue(members["secret"]) || IsTrue(members["locked"]));

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    /// <summary>A value that is nothing but the name of a variable, perhaps after a scheme such as <c>Bearer</c>.</summary>
    [GeneratedRegex(@"^([A-Za-z]+ )?\{\{\{?\s*[A-Za-z_][A-Za-z0-9_]*\s*\}?\}\}$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();

    /// <summary>A value in its place.</summary>
    private sealed record Secret(JsonObject Owner, string Member, string Path)
    {
        public JsonNode? Value
        {
            get => Owner[Member];
            set => Owner[Member] = value;
        }

        /// <summary>The value, if it is a text.</summary>
        public string? Text => Value is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

        public bool IsMasked => Text == Mask;
    }

    /// <summary>The texts by which secrets give themselves away in a report.</summary>
    private sealed class SecretTexts(IReadOnlyList<string> longestFirst)
    {
        /// <summary>Shorter values are not looked for: they stand everywhere.</summary>
        private const int Shortest = 4;

        private const int ShortestLine = 8;

        // The supplied runner reports the last 8 KB of a log, which may begin within a secret.
        private const int CutLog = 4 * 1024;

        private readonly SearchValues<string> any = SearchValues.Create([.. longestFirst], StringComparison.Ordinal);

        public static SecretTexts? Of(IReadOnlyList<Secret> secrets)
        {
            var texts = secrets.SelectMany(FormsOf).Where(text => text.Length >= Shortest && text != Mask).ToHashSet(StringComparer.Ordinal);
            return texts.Count == 0 ? null : new SecretTexts([.. texts.OrderByDescending(text => text.Length)]);
        }

        public JsonNode? MaskIn(JsonNode? node)
        {
            switch (node)
            {
                case JsonObject members:
                    return new JsonObject(members.Select(member => KeyValuePair.Create(MaskIn(member.Key), MaskIn(member.Value))).DistinctBy(member => member.Key));
                case JsonArray items:
                    return new JsonArray([.. items.Select(MaskIn)]);
                case JsonValue value when value.TryGetValue<string>(out var text):
                    return JsonValue.Create(MaskIn(text));
                case JsonValue value:
                    var raw = value.ToJsonString();
                    return MaskIn(raw) == raw ? value.DeepClone() : JsonValue.Create(Mask);
                default:
                    return null;
            }
        }

        private string MaskIn(string text)
        {
            if (text.Length >= CutLog && longestFirst.SelectMany(Ends).FirstOrDefault(end => text.StartsWith(end, StringComparison.Ordinal)) is { } end)
            {
                text = Mask + text[end.Length..];
            }

            if (!text.AsSpan().ContainsAny(any))
            {
                return text;
            }

            var masked = new StringBuilder(text.Length);
            var rest = text.AsSpan();
            for (int at; (at = rest.IndexOfAny(any)) >= 0;)
            {
                masked.Append(rest[..at]).Append(Mask);
                rest = rest[at..];
                foreach (var each in longestFirst)
                {
                    if (rest.StartsWith(each, StringComparison.Ordinal))
                    {
                        rest = rest[each.Length..];
                        break;
                    }
                }
            }

            return masked.Append(rest).ToString();
        }

        private static IEnumerable<string> Ends(string text) => Enumerable.Range(1, Math.Max(0, text.Length - Shortest)).Select(start => text[start..]);

        private static IEnumerable<string> FormsOf(Secret secret)
        {
            if (secret.Text is not { } text)
            {
                return [secret.Value!.ToJsonString()];
            }

            // As a log of JSON, an address or another program shows it; in base64; each line of a key; a header without its scheme.
            List<string> forms =
            [
                text,
                JsonEncodedText.Encode(text).Value,
                JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value,
                Uri.EscapeDataString(text),
                Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('='),
                .. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length >= ShortestLine),
            ];
            if (Headers.Contains(secret.Member) || (secret.Owner["key"] is JsonValue key && key.TryGetValue<string>(out var name) && Headers.Contains(name)))
            {
                forms.Add(text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            }

            if (secret.Member == PasswordMember && secret.Owner["username"] is JsonValue user && user.TryGetValue<string>(out var who))
            {
                forms.Add(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{who}:{text}")));
            }

            return forms;
        }
    }
}
