internal import CanonicalJSON
public import Units

/// What Prometheus' answer to an instant query says: well is at least one sample, none of which is 0 or no number.
public func prometheusVerdict(status: Int, body: [UInt8]) -> ProbeAnswer.Outcome {
  guard let answer = try? CanonicalJSON.decode(QueryAnswer.self, from: body) else {
    return .fails((200...299).contains(status) ? "the answer is none of Prometheus" : "status \(status)")
  }
  // A query that cannot be understood says nothing of the service.
  if answer.errorType == "bad_data" { return .notAsked("Prometheus does not understand the query: \(answer.error ?? "no reason given")") }
  guard answer.status == "success", let data = answer.data else { return .fails("Prometheus could not answer: \(answer.error ?? "no reason given")") }
  let values = data.values.map { Double($0) }
  if values.isEmpty { return .fails("the query finds no data") }
  let bad = values.count { $0.map { $0 == 0 || $0.isNaN } ?? true }
  return bad == 0 ? .works : .fails("\(bad) of \(values.count) samples \(bad == 1 ? "is" : "are") 0")
}

private struct QueryAnswer: Decodable {
  struct Data: Decodable {
    var values: [String]
    private enum Key: String, CodingKey { case resultType, result }
    private struct Series: Decodable { var value: Sample }
    private struct Sample: Decodable {
      var text: String
      init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        _ = try container.decode(Double.self)
        text = try container.decode(String.self)
      }
    }
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      switch try container.decode(String.self, forKey: .resultType) {
      case "vector": values = try container.decode([Series].self, forKey: .result).map(\.value.text)
      case "scalar": values = [try container.decode(Sample.self, forKey: .result).text]
      default: throw DecodingError.dataCorruptedError(forKey: .resultType, in: container, debugDescription: "neither a vector nor a scalar")
      }
    }
  }
  var status: String
  var data: Data?
  var errorType: String?
  var error: String?
}

/// What Alertmanager tells a webhook (its format 4); nil where it is something else.
public func alertNews(from body: [UInt8], heard: Timestamp) -> [AlertNews]? {
  struct Message: Decodable {
    struct Alert: Decodable {
      var status: String
      var labels: [String: String]
      var fingerprint: String?
    }
    var alerts: [Alert]
  }
  guard let message = try? CanonicalJSON.decode(Message.self, from: body) else { return nil }
  var news: [AlertNews] = []
  for alert in message.alerts {
    guard let name = alert.labels["alertname"], ["firing", "resolved"].contains(alert.status) else { return nil }
    let labels = alert.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    news.append(AlertNews(name: name, fingerprint: alert.fingerprint ?? labels, isFiring: alert.status == "firing", heard: heard))
  }
  return news
}
