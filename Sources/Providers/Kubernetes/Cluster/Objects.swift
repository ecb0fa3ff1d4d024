/// What this provider reads of the API's objects (Kubernetes API reference), and nothing more.
struct Metadata: Decodable, Sendable {
  var name: String
  var namespace: String?
  var uid: String?
  var resourceVersion: String?
  var generation: Int?
  var labels: [String: String]?
  var annotations: [String: String]?
  var deletionTimestamp: String?
}

struct Condition: Decodable, Sendable {
  var type: String
  var status: String
  var reason: String?
  var message: String?
}

/// Any object that has a state at all.
struct ClusterObject: Decodable, Sendable {
  struct Spec: Decodable, Sendable { var replicas: Int? }
  struct Status: Decodable, Sendable {
    var conditions: [Condition]?
    var phase: String?
    var observedGeneration: Int?
    var replicas: Int?
    var updatedReplicas: Int?
    var readyReplicas: Int?
    var desiredNumberScheduled: Int?
    var updatedNumberScheduled: Int?
    var numberReady: Int?
  }
  var kind: String
  var metadata: Metadata
  var spec: Spec?
  var status: Status?

  private enum CodingKeys: String, CodingKey { case kind, metadata, spec, status }
  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    kind = try members.decode(String.self, forKey: .kind)
    metadata = try members.decode(Metadata.self, forKey: .metadata)
    // What another kind calls `replicas` may be anything.
    spec = try? members.decode(Spec.self, forKey: .spec)
    status = try? members.decode(Status.self, forKey: .status)
  }
}

struct Items<Element: Decodable & Sendable>: Decodable, Sendable { var items: [Element] }

struct Deployment: Decodable, Sendable {
  struct Selector: Decodable, Sendable {
    struct Expression: Decodable, Sendable { var key: String; var `operator`: String; var values: [String]? }
    var matchLabels: [String: String]?
    var matchExpressions: [Expression]?
  }
  struct Template: Decodable, Sendable {
    struct Metadata: Decodable, Sendable { var annotations: [String: String]? }
    var metadata: Metadata?
    var spec: PodSpec
  }
  struct Spec: Decodable, Sendable {
    var replicas: Int?
    var paused: Bool?
    var selector: Selector
    var template: Template
  }
  struct Status: Decodable, Sendable {
    var observedGeneration: Int?
    var conditions: [Condition]?
  }
  var metadata: Metadata
  var spec: Spec
  var status: Status?

  /// What the API takes where nothing is written.
  var replicas: Int { spec.replicas ?? 1 }
  func templateNote(_ name: String) -> String? { spec.template.metadata?.annotations?[name] }

  /// As `kubectl get pods -l` takes it.
  var selector: String {
    let labels = (spec.selector.matchLabels ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let expressions = (spec.selector.matchExpressions ?? []).map { expression in
      let values = (expression.values ?? []).joined(separator: ",")
      return switch expression.operator {
      case "In": "\(expression.key) in (\(values))"
      case "NotIn": "\(expression.key) notin (\(values))"
      case "DoesNotExist": "!\(expression.key)"
      default: expression.key
      }
    }
    return (labels + expressions).joined(separator: ",")
  }
}

struct PodSpec: Decodable, Sendable {
  struct Named: Decodable, Sendable { var name: String? }
  struct Source: Decodable, Sendable { var secretKeyRef: Named?; var configMapKeyRef: Named? }
  struct Variable: Decodable, Sendable { var valueFrom: Source? }
  struct From: Decodable, Sendable { var secretRef: Named?; var configMapRef: Named? }
  struct Container: Decodable, Sendable { var env: [Variable]?; var envFrom: [From]? }
  struct SecretVolume: Decodable, Sendable { var secretName: String? }
  struct Projection: Decodable, Sendable { var secret: Named?; var configMap: Named? }
  struct Projected: Decodable, Sendable { var sources: [Projection]? }
  struct Volume: Decodable, Sendable { var secret: SecretVolume?; var configMap: Named?; var projected: Projected? }
  var containers: [Container]?
  var initContainers: [Container]?
  var volumes: [Volume]?

  /// The names of those secrets that a pod gets when it starts.
  var secrets: Set<String> {
    let containers = (containers ?? []) + (initContainers ?? [])
    let variables = containers.flatMap { $0.env ?? [] }.map { $0.valueFrom?.secretKeyRef?.name } + containers.flatMap { $0.envFrom ?? [] }.map { $0.secretRef?.name }
    let files = (volumes ?? []).flatMap { volume in [volume.secret?.secretName] + (volume.projected?.sources ?? []).map { $0.secret?.name } }
    return Set((variables + files).compactMap { $0 })
  }
}

struct Pod: Decodable, Sendable {
  struct Waiting: Decodable, Sendable { var reason: String?; var message: String? }
  struct State: Decodable, Sendable { var waiting: Waiting? }
  struct Container: Decodable, Sendable { var state: State? }
  struct Status: Decodable, Sendable {
    var phase: String?
    var conditions: [Condition]?
    var containerStatuses: [Container]?
    var initContainerStatuses: [Container]?
  }
  var metadata: Metadata
  var status: Status?

  var isEnded: Bool { status?.phase == "Succeeded" || status?.phase == "Failed" }
  var isLeaving: Bool { metadata.deletionTimestamp != nil }
  var isReady: Bool { status?.conditions?.contains { $0.type == "Ready" && $0.status == "True" } ?? false }
  /// Why it does not start, as far as it says.
  var complaint: String? {
    let waiting = ((status?.initContainerStatuses ?? []) + (status?.containerStatuses ?? [])).compactMap { $0.state?.waiting }.first { $0.reason != nil }
    return waiting.map { "`\(metadata.name)`: \($0.reason ?? "")" + ($0.message.map { ": \($0.prefix(200))" } ?? "") }
  }
}
