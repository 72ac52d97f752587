using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Published;

/// <summary>The checker itself: it can say no.</summary>
public sealed class PublishedSchemaTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "5")]
    [InlineData("""{"type":"string"}""", "null")]
    [InlineData("""{"type":"string","enum":["A"]}""", "\"B\"")]
    [InlineData("""{"type":"string","format":"uuid"}""", "\"x\"")]
    [InlineData("""{"type":"string","x-format":{"guid":true}}""", "\"x\"")]
    [InlineData("""{"type":"string","format":"uri"}""", "\"x\"")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2026-08-18\"")]
    [InlineData("""{"type":"string","minLength":2}""", "\"x\"")]
    [InlineData("""{"type":"integer"}""", "1.5")]
    [InlineData("""{"type":"number","maximum":3}""", "4")]
    [InlineData("""{"type":"array","minItems":1}""", "[]")]
    [InlineData("""{"type":"array","items":{"type":"number"}}""", "[1,\"x\"]")]
    [InlineData("""{"type":"object","required":["a"]}""", "{}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"number"}}}""", """{"a":"x"}""")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false}""", """{"a":1}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"number"}}""", """{"a":"x"}""")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"number"}]}""", "true")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"number"}]}""", "null")]
    [InlineData("""{"oneOf":[{"type":"number"},{"type":"integer"}]}""", "1")]
    [InlineData("""{"allOf":[{"type":"number"},{"maximum":3}]}""", "4")]
    [InlineData("""{"$ref":"#/components/schemas/Text"}""", "1")]
    public void What_breaks_a_schema_is_found(string schema, string value) => FaultsOf(schema, value).Count.ShouldBe(1);

    [Theory]
    [InlineData("""{"type":"string","nullable":true,"enum":["A",null]}""", "null")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2026-08-18T10:53:07.123Z\"")]
    [InlineData("""{"type":"string","format":"uuid"}""", "\"5a0f6f4e-6c55-4f0a-8a1d-5a3c9e0c7b21\"")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}""", """{"a":1,"b":2}""")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"number"}]}""", "1")]
    [InlineData("""{"anyOf":[{"type":"string"},{"nullable":true}]}""", "null")]
    [InlineData("""{"$ref":"#/components/schemas/Text"}""", "\"x\"")]
    public void What_fits_a_schema_is_let_through(string schema, string value) => FaultsOf(schema, value).ShouldBeEmpty();

    private static IReadOnlyList<string> FaultsOf(string schema, string value)
    {
        using var document = JsonDocument.Parse("""{"components":{"schemas":{"Text":{"type":"string"}}}}""");
        using var wanted = JsonDocument.Parse(schema);
        using var given = JsonDocument.Parse(value);
        return new PublishedSchema(document.RootElement).FaultsOf(given.RootElement, wanted.RootElement);
    }
}
