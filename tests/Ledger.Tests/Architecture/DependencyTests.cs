using System.Reflection;
using System.Reflection.Emit;
using System.Xml.Linq;
using Ledger.Sessions;

namespace Ledger.Tests.Architecture;

/// <summary>Imports run one way, and the domain knows no SQL, no HTTP and no clock (docs/domain.md#rule-11).</summary>
public sealed class DependencyTests
{
    private static readonly string[] Outside =
    [
        "Npgsql", "System.Net", "System.IO", "System.Data", "System.Threading", "System.Diagnostics.Process", "System.Random",
        "System.TimeProvider", "System.Environment", "Ledger.Store", "Ledger.Streams", "Ledger.Serialization",
    ];

    private static readonly HashSet<string> Impure =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Guid.NewGuid", "System.Guid.CreateVersion7",
    ];

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    [Fact]
    public void The_domain_uses_nothing_from_outside() =>
        UsedBy(DomainTypes())
            .Where(use => Outside.Any(outside => IsIn(use.Member.DeclaringType ?? (use.Member as Type), outside)))
            .Select(use => $"{use.By} uses {use.Member.DeclaringType}.{use.Member.Name}")
            .ShouldBeEmpty();

    [Fact]
    public void The_domain_reads_no_clock_and_makes_no_ids() =>
        UsedBy(DomainTypes())
            .Where(use => Impure.Contains($"{use.Member.DeclaringType?.FullName}.{use.Member.Name}"))
            .Select(use => $"{use.By} calls {use.Member.DeclaringType}.{use.Member.Name}")
            .ShouldBeEmpty();

    /// <summary>The two tests above read instructions; this one proves that they would find something.</summary>
    [Fact]
    public void The_reader_of_instructions_finds_what_is_there()
    {
        var uses = UsedBy([typeof(Culprit)]).Select(use => $"{use.Member.DeclaringType?.FullName}.{use.Member.Name}").ToList();

        uses.ShouldContain("System.DateTimeOffset.get_UtcNow");
        uses.ShouldContain("System.IO.File.Exists");
    }

    [Fact]
    public void The_ledger_references_none_of_its_users()
    {
        var references = typeof(Session).Assembly.GetReferencedAssemblies().Select(name => name.Name!);

        references
            .Where(name => name.StartsWith("Ledger", StringComparison.Ordinal) || name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Ledger", new string[0])]
    [InlineData("Projections", new[] { "Ledger" })]
    [InlineData("Web", new[] { "Ledger", "Projections" })]
    [InlineData("Http", new[] { "Ledger", "Projections", "Web" })]
    [InlineData("Runner", new string[0])]
    public void Imports_run_one_way(string project, string[] allowed)
    {
        var file = XDocument.Parse(Repository.Read($"src/{project}/{project}.csproj"));

        file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Except(allowed, StringComparer.Ordinal)
            .ShouldBeEmpty();
    }

    private static IEnumerable<Type> DomainTypes() =>
        typeof(Session).Assembly.GetTypes()
            .Where(type => IsIn(type, "Ledger.Sessions"));

    private static bool IsIn(Type? type, string name) =>
        type?.FullName is { } full && (full == name || full.StartsWith($"{name}.", StringComparison.Ordinal));

    private static IEnumerable<(string By, MemberInfo Member)> UsedBy(IEnumerable<Type> types)
    {
        const BindingFlags all =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        foreach (var type in types)
        {
            foreach (var field in type.GetFields(all))
            {
                yield return ($"{type}.{field.Name}", field.FieldType);
            }

            foreach (var method in type.GetMethods(all).Concat<MethodBase>(type.GetConstructors(all)))
            {
                foreach (var parameter in method.GetParameters())
                {
                    yield return ($"{type}.{method.Name}", parameter.ParameterType);
                }

                foreach (var member in Operands(method))
                {
                    yield return ($"{type}.{method.Name}", member);
                }
            }
        }
    }

    /// <summary>The members that a method's instructions name.</summary>
    private static IEnumerable<MemberInfo> Operands(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } il)
        {
            yield break;
        }

        var typeArguments = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < il.Length;)
        {
            var value = il[at] == 0xFE ? (short)((il[at] << 8) | il[++at]) : il[at];
            var code = OpCodesByValue[value];
            at++;
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                yield return method.Module.ResolveMember(BitConverter.ToInt32(il, at), typeArguments, methodArguments)!;
            }

            at += OperandSize(code.OperandType, il, at);
        }
    }

    private static int OperandSize(OperandType type, byte[] il, int at) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
        _ => 4,
    };

    private static class Culprit
    {
        public static bool Do() => File.Exists("x") && DateTimeOffset.UtcNow > DateTimeOffset.MinValue;
    }
}
