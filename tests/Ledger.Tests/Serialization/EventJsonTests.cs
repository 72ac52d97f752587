using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Serialization;

/// <summary>
/// The stored form of the events. It outlives every version of the program: a change here must be one that can read what was written.
/// </summary>
public sealed class EventJsonTests
{
    private static readonly Type[] Records =
        [.. typeof(ISessionEvent).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ISessionEvent)))];

    public static TheoryData<string> Samples => [.. EventSamples.All.Keys];

    /// <summary>To approve a change that is meant, put the received file in the place of the approved one.</summary>
    [Fact]
    public void The_stored_form_of_every_event_is_the_approved_one()
    {
        var text = new StringBuilder();
        foreach (var (name, data) in EventSamples.All)
        {
            var type = EventTypes.For(data);
            text.Append("# ").Append(name).Append('\n')
                .Append(type.Alias).Append(" | ").Append(type.DotNetType).Append('\n')
                .Append(type.Write(data)).Append("\n\n");
        }

        var approved = BesideThisFile("Events.approved.txt");
        var received = BesideThisFile("Events.received.txt");
        if (File.Exists(approved) && string.Equals(File.ReadAllText(approved), text.ToString(), StringComparison.Ordinal))
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, text.ToString());
        text.ToString().Split('\n').ShouldBe((File.Exists(approved) ? File.ReadAllText(approved) : "").Split('\n'));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void What_is_read_is_what_was_written(string name)
    {
        var data = EventSamples.All[name];
        var type = EventTypes.For(data);

        var read = type.Read(type.Write(data));

        read.GetType().ShouldBe(data.GetType());
        type.Write(read).ShouldBe(type.Write(data));
        read.At.ShouldBe(data.At);
        Everything(read).ShouldBe(Everything(data));
    }

    [Fact]
    public void No_event_is_forgotten()
    {
        Records.Length.ShouldBe(14);
        EventSamples.All.Values.Select(data => data.GetType()).Distinct().ShouldBe(Records, ignoreOrder: true);
    }

    [Fact]
    public void Every_event_is_stored_under_Martens_name_for_it()
    {
        foreach (var data in EventSamples.All.Values)
        {
            var type = EventTypes.For(data);

            type.Alias.ShouldBe(JsonNamingPolicy.SnakeCaseLower.ConvertName(data.GetType().Name));
            type.DotNetType.ShouldBe($"{data.GetType().FullName}, Ledger");
            EventTypes.TryFind(type.Alias, out var found).ShouldBeTrue();
            found.ShouldBe(type);
        }
    }

    [Fact]
    public void A_name_that_this_version_does_not_know_is_not_found() =>
        EventTypes.TryFind("run_paused", out _).ShouldBeFalse();

    [Fact]
    public void Events_are_sealed_records_in_one_place() =>
        Records.ShouldAllBe(type =>
            type.IsSealed && type.Namespace == "Ledger.Sessions.Events" && type.GetMethod("<Clone>$") != null);

    [Fact]
    public void Enums_are_the_published_words()
    {
        Words<SessionSource>().ShouldBe(
        [
            "CLI_DEPLOY", "DEPLOYMENT", "DEPLOYMENT_CACHE_WARMER", "EDITOR", "GROUP_RUN_ALL", "LEGACY_TRIGGER", "SCHEDULER",
            "SCHEDULE_NOW", "TEST_NO_RECORD", "TEST_RECORD", "TRIGGER_NO_RECORD", "TRIGGER_RECORD", "TRIGGER_API",
        ]);
        Words<SessionKind>().ShouldBe(["check", "test", "run"]);
        Words<ConflictBehaviour>().ShouldBe(["queue", "cancelPrevious"]);
        Words<CancelVia>().ShouldBe(["checkly", "empirical", "stably", "testerarmy", "ledger", "ui", "cli"]);
        Words<CancelCause>().ShouldBe(["user", "superseded", "failFast", "timeout", "shutdown", "system"]);
        Words<SkipReason>().ShouldBe(["alreadyFinished", "notCancellable", "scheduled", "unknown"]);
        Words<DeliveryChannel>().ShouldBe(["stream", "heartbeat", "claim"]);
        Words<AbortManner>().ShouldBe(["neverStarted", "graceful", "killed", "containerStopped"]);
        Words<ResultType>().ShouldBe(["ATTEMPT", "FINAL"]);
        Words<LateReportKind>().ShouldBe(["start", "acknowledgement", "abort", "result"]);
        Words<ActorKind>().ShouldBe(["user", "apiKey", "runner", "system"]);
        Words<RunState>().ShouldBe(
            ["queued", "claimed", "running", "cancelling", "passed", "failed", "degraded", "cancelled", "timedOut", "lost"]);
        Words<SessionStatus>().ShouldBe(
        [
            "STARTED", "PROGRESS", "PROGRESS_FAILED", "PROGRESS_DEGRADED", "RUNNING", "PASSED", "FAILED", "DEGRADED", "TIMED_OUT",
            "CANCELLED",
        ]);
    }

    [Fact]
    public void An_enum_as_a_number_is_refused()
    {
        var type = EventTypes.For(EventSamples.All["a delivery"]);
        var json = type.Write(EventSamples.All["a delivery"]).Replace("\"heartbeat\"", "1", StringComparison.Ordinal);

        Should.Throw<JsonException>(() => type.Read(json));
    }

    [Fact]
    public void Null_is_no_event() => Should.Throw<JsonException>(() => EventTypes.For(EventSamples.All["a start"]).Read("null"));

    /// <summary>An event from a newer version may say more; what this version knows of it is still read.</summary>
    [Fact]
    public void Members_that_this_version_does_not_know_are_passed_over()
    {
        var type = EventTypes.For(EventSamples.All["a start"]);
        var json = type.Write(EventSamples.All["a start"]);

        type.Read(json[..^1] + ",\"attempt\":3}").ShouldBe(EventSamples.All["a start"]);
    }

    private static string[] Words<T>()
        where T : struct, Enum
    {
        var options = new JsonSerializerOptions { Converters = { new CamelCaseEnumConverter() } };
        return [.. Enum.GetValues<T>().Select(value => JsonSerializer.Serialize(value, options).Trim('"'))];
    }

    private static string BesideThisFile(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, name);

    /// <summary>Every member of a value, however deep, told without the serializer that is being tested.</summary>
    private static string Everything(object? value) => value switch
    {
        null => "null",
        JsonElement json => json.GetRawText(),
        string or Enum or Guid or bool or int or long => $"{value}",
        DateTimeOffset time => $"{time:O}",
        IEnumerable<KeyValuePair<string, string>> pairs => string.Join(", ", pairs.Select(pair => $"{pair.Key}={pair.Value}").Order()),
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Everything))}]",
        _ => $"{value.GetType().Name} ({string.Join(", ", value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => $"{property.Name}: {Everything(property.GetValue(value))}"))})",
    };
}
