import CanonicalJSON
@testable import KubernetesProvider
import TestSupport
import Testing

/// What is decided from an object alone.
@Suite("What an object says")
struct PureTests {
  private func object(_ kind: String, _ status: JSONValue, spec: JSONValue = [:], generation: Int64 = 2) throws -> ClusterObject {
    try CanonicalJSON.decode(ClusterObject.self, from: ["kind": .string(kind), "metadata": ["name": "it", "generation": .int(generation)], "spec": spec, "status": status])
  }

  @Test("a stateful set, a daemon set, a definition, a pod and a namespace are ready when they say so, and not before", arguments: [
    ("StatefulSet", ["observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 3], Progress.done),
    ("StatefulSet", ["observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 1], .waits("has 1 of 3 pods ready")),
    ("StatefulSet", ["observedGeneration": 1, "readyReplicas": 3, "updatedReplicas": 3], .waits("is not yet taken note of")),
    ("DaemonSet", ["observedGeneration": 2, "desiredNumberScheduled": 4, "numberReady": 4, "updatedNumberScheduled": 4], .done),
    ("DaemonSet", ["observedGeneration": 2, "desiredNumberScheduled": 4, "numberReady": 4, "updatedNumberScheduled": 2], .waits("has 2 of 4 pods ready")),
    ("CustomResourceDefinition", ["conditions": [["type": "Established", "status": "False"]]], .waits("is not established")),
    ("CustomResourceDefinition", ["conditions": [["type": "Established", "status": "True"]]], .done),
    ("Pod", ["phase": "Running", "conditions": [["type": "Ready", "status": "False"]]], .waits("is not ready")),
    ("Pod", ["phase": "Failed"], .hopeless("has failed")), ("Pod", ["phase": "Succeeded"], .done), ("Namespace", ["phase": "Terminating"], .waits("is Terminating")),
    ("Deployment", ["observedGeneration": 2, "replicas": 4, "readyReplicas": 3, "updatedReplicas": 3], .waits("still has old pods")), ("ConfigMap", [:], .done),
  ] as [(String, JSONValue, Progress)])
  func readiness(kind: String, status: JSONValue, expected: Progress) throws { #expect(try Readiness.progress(of: object(kind, status, spec: ["replicas": 3])) == expected) }

  @Test("what is not there, or is of another generation, is not as it should be") func awaited() throws {
    #expect(Awaited.progress(of: nil, "available") == .waits("there is no such thing yet") && Awaited.progress(of: nil, "Deleted") == .done)
    let old: JSONValue = ["observedGeneration": 1, "conditions": [["type": "Available", "status": "True"]]]
    #expect(try Awaited.progress(of: object("Deployment", old), "available") == .waits("the cluster has not yet taken note of its change"))
    #expect(try Awaited.progress(of: object("Deployment", old, generation: 1), "AVAILABLE") == .done)
  }

  @Test("the secrets of a kubeconfig are found in any style of YAML and in JSON", arguments: [
    "users:\n- name: u\n  user:\n    token: canary-one\n    password: canary-two\n", "users: [{ name: u, user: { token: canary-one, password: 'canary-two' } }]",
    #"{"users":[{"user":{"token":"canary-one","password":"canary-two"}}]}"#, "users:\n- user: {token: \"canary-one\"}\n  client-key-data:\n    canary-two\n",
  ])
  func kubeconfig(text: String) { #expect(Kubeconfig.secrets(in: text) == ["canary-one", "canary-two"]) }

  @Test("the right that is missing is read from the refusal") func right() {
    let said = #"Error from server (Forbidden): deployments.apps "api" is forbidden: User "dr" cannot patch resource "deployments" in API group "apps" in the namespace "sie""#
    let right = KubectlFailure.missingRight(said)
    #expect(right?.verb == "patch" && right?.resource == "deployments" && right?.namespace == "sie")
    #expect(KubectlFailure.missingRight("is forbidden: no quota") == nil)
  }

  @Test("base64 is what the base64 program says", arguments: ["", "a", "ab", "abc", "ä\"\n\u{0}", "postgres://u:p@h/d"])
  func base64(text: String) async throws {
    let expected = try await onThread { try runProgram(["base64", "-w0"], input: text).output }
    #expect(Base64.text(Array(text.utf8)) == expected)
  }

  @Test("secrets are found wherever a pod takes them") func secrets() throws {
    let spec: JSONValue = [
      "containers": [["env": [["name": "A", "valueFrom": ["secretKeyRef": ["name": "one", "key": "k"]]], ["name": "B", "value": "x"]], "envFrom": [["secretRef": ["name": "two"]]]]],
      "initContainers": [["env": [["name": "A", "valueFrom": ["secretKeyRef": ["name": "three", "key": "k"]]]]]],
      "volumes": [["name": "v", "secret": ["secretName": "four"]], ["name": "w", "projected": ["sources": [["secret": ["name": "five"]]]]], ["name": "x", "configMap": ["name": "no"]]],
    ]
    #expect(try CanonicalJSON.decode(PodSpec.self, from: spec).secrets == ["one", "two", "three", "four", "five"])
  }

  @Test("an object goes through the record with its fractions, and without what the cluster writes by itself") func tree() throws {
    let text = #"{"kind":"X","metadata":{"name":"a","uid":"u","resourceVersion":"1","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}},"spec":{"share":0.25,"on":true,"n":3},"status":{"a":1}}"#
    let tree = try CanonicalJSON.decode(ObjectTree.self, from: Array(text.utf8))
    let back = try CanonicalJSON.decode(ObjectTree.self, from: Array(try CanonicalJSON.prettyText(tree.lasting).utf8))
    #expect(back == tree.lasting && back["spec"]?["share"] == .fraction(0.25) && back["spec"]?["on"] == .bool(true) && back["spec"]?["n"] == .int(3))
    #expect(back["status"] == nil && back["metadata"]?["uid"] == nil && back.lastApplied == "{}" && back.withoutApplied.lastApplied == nil)
  }
}
