using Ledger.Http.AlertChannels.Sending;
using Ledger.Projections.AlertChannels;

namespace Ledger.Http.Tests.AlertChannels;

public sealed class WebhookSignatureTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public void A_signature_is_that_which_the_reference_implementation_makes() =>
        WebhookSignature.Of([Secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", """{"test": 2432232314}""")
            .ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

    [Fact]
    public void Two_secrets_make_two_signatures()
    {
        var other = WebhookSecret.Make();

        WebhookSignature.Of([other, Secret], "a", "1", "b").Split(' ').ShouldBe(
            [WebhookSignature.Of([other], "a", "1", "b"), WebhookSignature.Of([Secret], "a", "1", "b")]);
    }

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!")]
    [InlineData(null)]
    public void What_is_no_secret_is_refused(string? text) => WebhookSecret.TryRead(text, out _).ShouldBeFalse();

    [Fact]
    public void A_secret_has_24_to_64_bytes()
    {
        foreach (var (length, isSecret) in ((int, bool)[])[(23, false), (24, true), (64, true), (65, false), (2_000, false)])
        {
            WebhookSecret.TryRead("whsec_" + Convert.ToBase64String(new byte[length]), out var key).ShouldBe(isSecret);
            key.Length.ShouldBe(isSecret ? length : 0);
        }
    }
}
