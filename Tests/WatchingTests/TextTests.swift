import CanonicalJSON
import Calendar
import PlanModel
import Testing
import Units
import Watching

/// What others write, read.
struct TextTests {
  /// As Prometheus 2.42 answers.
  @Test(arguments: [
    (200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"api"},"value":[1795521600.781,"1"]}]}}"#, ProbeAnswer.Outcome.works),
    (200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795521600.781,"1"]},{"metric":{},"value":[1795521600.781,"0"]}]}}"#, .fails("1 of 2 samples is 0")),
    (200, #"{"status":"success","data":{"resultType":"vector","result":[]}}"#, .fails("the query finds no data")),
    (200, #"{"status":"success","data":{"resultType":"scalar","result":[1795521600.781,"2.5"]}}"#, .works),
    (200, #"{"status":"success","data":{"resultType":"scalar","result":[1795521600,"NaN"]}}"#, .fails("1 of 1 samples is 0")),
    (400, #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unexpected end of input"}"#,
      .notAsked("Prometheus does not understand the query: invalid parameter \"query\": 1:5: parse error: unexpected end of input")),
    (503, #"{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}"#, .fails("Prometheus could not answer: query timed out in expression evaluation")),
    (502, "<html>", .fails("status 502")), (200, "OK", .fails("the answer is none of Prometheus")),
  ])
  func prometheus(_ status: Int, _ body: String, _ outcome: ProbeAnswer.Outcome) { #expect(prometheusVerdict(status: status, body: Array(body.utf8)) == outcome) }

  @Test("only whole messages of Alertmanager are taken")
  func alertmanager() throws {
    let body = #"{"receiver":"dr","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"SIEDatabaseSlow","severity":"page"},"annotations":{},"startsAt":"2026-11-30T23:50:25.1Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"77"},{"status":"resolved","labels":{"alertname":"Other"}}],"groupLabels":{},"version":"4","truncatedAlerts":0}"#
    let news = try #require(alertNews(from: Array(body.utf8), heard: noon))
    #expect(news == [
      AlertNews(name: "SIEDatabaseSlow", fingerprint: "77", isFiring: true, heard: noon), AlertNews(name: "Other", fingerprint: "alertname=Other", isFiring: false, heard: noon),
    ])
    for wrong in ["", "{}", #"{"alerts":[{"status":"firing","labels":{}}]}"#, #"{"alerts":[{"status":"maybe","labels":{"alertname":"A"}}]}"#] {
      #expect(alertNews(from: Array(wrong.utf8), heard: noon) == nil, "\(wrong)")
    }
  }

  @Test("records go into a log and come back; reports of other places carry ages")
  func records() throws {
    let answers = [ProbeAnswer.Outcome.works, .fails("a \"b\"\n"), .notAsked("c")].map {
      ProbeAnswer(probe: "ready", place: "west", asked: noon, answered: noon + .milliseconds(1_250), outcome: $0)
    }
    let all = answers.map(WatchRecord.answer) + [.alert(AlertNews(name: "A", fingerprint: "f", isFiring: false, heard: noon))]
    for record in all { #expect(WatchRecord(try CanonicalJSON.decode(JSONValue.self, from: CanonicalJSON.bytes(record.json))) == record) }
    // A clock that is an hour wrong does not matter.
    let sent = PlaceReport(plan: "p", place: "west", answers: answers).json(sent: noon + .milliseconds(1_300))
    let heard = noon + .hours(1)
    let report = try #require(PlaceReport(sent, heard: heard))
    #expect(report.answers.map(\.answered) == Array(repeating: heard - .milliseconds(50), count: 3))
    #expect(report.answers.map(\.outcome) == answers.map(\.outcome))
    for (key, value) in [("age", JSONValue.int(-1)), ("age", .int(1 << 40)), ("took", "1"), ("outcome", "perhaps")] {
      var item = try #require(sent["answers"]?.array?.first?.object)
      item[key] = value
      #expect(PlaceReport(["plan": "p", "place": "west", "answers": .array([.object(item)])], heard: heard) == nil, "\(key)")
    }
  }

  @Test("protection is looked at often enough that no run is late", arguments: [
    (Schedule.every(.minutes(30)), TimeSpan?.none, Int64(30)), (.every(.minutes(30)), .seconds(10), 10), (.every(.minutes(2)), nil, 6), (.every(.seconds(1)), nil, 1), (.every(.hours(24)), .minutes(5), 30),
  ])
  func rhythm(_ schedule: Schedule, _ jitter: TimeSpan?, _ seconds: Int64) {
    #expect(ProtectionRhythm([(schedule, jitter)]).next(after: noon) == .after(seconds))
  }
}
