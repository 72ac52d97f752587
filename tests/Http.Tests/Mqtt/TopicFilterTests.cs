using Ledger.Http.Mqtt.Topics;

namespace Ledger.Http.Tests.Mqtt;

public sealed class TopicFilterTests
{
    [Theory]
    [InlineData("sport/tennis/player1", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1", "sport/tennis/player2", false)]
    [InlineData("sport/tennis/player1", "Sport/tennis/player1", false)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis", false)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("sport/#", "sports", false)]
    [InlineData("#", "anything/at/all", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/tennis/+", "sport/tennis", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("+/tennis/#", "sport/tennis", true)]
    [InlineData("sport/+/player1", "sport/tennis/player1", true)]
    [InlineData("sport/+/player1", "sport//player1", true)]
    [InlineData("sport/+/player1", "sport/a/b/player1", false)]
    [InlineData("+/+/+", "a/b", false)]
    [InlineData("+/+/+", "a/b/c", true)]
    [InlineData("+/+/+", "a/b/c/d", false)]
    [InlineData("#", "$SYS/monitor", false)]
    [InlineData("+/monitor", "$SYS/monitor", false)]
    [InlineData("$SYS/#", "$SYS/monitor", true)]
    [InlineData("$SYS/+", "$SYS/monitor", true)]
    [InlineData("a/+", "a/$b", true)]
    public void Wildcards_match_as_the_specification_says(string filter, string topic, bool matches) =>
        TopicFilter.TryParse(filter)!.Matches(topic).ShouldBe(matches);

    [Theory]
    [InlineData("")]
    [InlineData("sport+")]
    [InlineData("sport/tennis#")]
    [InlineData("sport/tennis/#/ranking")]
    [InlineData("#/")]
    [InlineData("+a/b")]
    [InlineData("a/++")]
    [InlineData("a/##")]
    [InlineData("0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2")]
    public void What_breaks_the_rules_is_no_filter(string text) => TopicFilter.TryParse(text).ShouldBeNull();

    [Theory]
    [InlineData("/", true)]
    [InlineData("a//b", true)]
    [InlineData("a b", true)]
    [InlineData("", false)]
    [InlineData("a/+", false)]
    [InlineData("a#", false)]
    public void Messages_go_to_topics_without_wildcards(string text, bool isTopic) => TopicFilter.IsTopicName(text).ShouldBe(isTopic);
}
