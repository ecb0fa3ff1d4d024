import CanonicalJSON
import ChildProcess
import Concurrency
import Glibc
import ObjectStore
import PlanModel
import ProviderInterface
@testable import TerraformProvider
import TestSupport
import Testing
import Units

/// One configuration of a test's own, for the real Terraform with the real null provider from a mirror on this disk.
final class World: Sendable {
  static let canary = "canary-token-51c0aa"
  let folder: String
  let run = "20261124T080000Z-\(UInt32.random(in: 0...UInt32.max))"
  let host: TerraformHost
  let performers: StepPerformers

  /// Two things with a name, and a third that depends on both.
  static let configuration = """
    terraform {
      required_providers {
        null = {
          source  = "hashicorp/null"
          version = "2.1.2"
        }
      }
    }
    variable "name" {}
    variable "token" {
      sensitive = true
    }
    variable "numbers" {
      type    = list(number)
      default = [1, 2]
    }
    resource "null_resource" "machine" {
      count    = 2
      triggers = { name = var.name }
    }
    resource "null_resource" "after" {
      triggers = { ids = join(",", null_resource.machine[*].id) }
    }
    output "address" { value = "address-of-${var.name}" }
    output "half" { value = 0.5 }
    output "many" { value = var.numbers }
    output "yes" { value = true }
    output "token" {
      value     = var.token
      sensitive = true
    }

    """

  init(_ text: String = configuration) throws {
    folder = try temporaryFolder("terraform")
    try runProgram(["mkdir", "\(folder)/infra", "\(folder)/tmp"])
    try writeFile("\(folder)/infra/main.tf", text)
    try writeFile("\(folder)/terraformrc", "provider_installation { filesystem_mirror { path = \"\(Self.tools)/terraform-mirror\" } }\n")
    host = TerraformHost(
      children: ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR)),
      environment: ["PATH": "\(Self.tools)/bin:/usr/bin:/bin", "TF_CLI_CONFIG_FILE": "\(folder)/terraformrc", "TMPDIR": "\(folder)/tmp", "HOME": folder], folder: folder)
    performers = StepPerformers(TerraformProvider.performers(on: host))
  }
  deinit { removeFolder(folder) }

  /// Where `terraform` is: the tools' folder, that `scripts/packages` fills.
  static var tools: String { #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/.build-tools" }

  var arguments: TerraformApply.Arguments {
    TerraformApply.Arguments(
      folder: .text("infra"), program: .terraform, workspace: "west",
      variables: ["name": .text("x"), "token": .secret(SecretReference(name: "token", source: .env("UNUSED")))], environment: [:], backendConfiguration: [:], backend: nil, servers: [])
  }

  func context(attempt: Int = 1, timeout: TimeSpan = .minutes(2), outputs: [StepName: [String: OutputValue]] = [:]) -> PerformingContext {
    let mark = StepMark(run: RunID(rawValue: run), step: "provision", attempt: attempt)
    return PerformingContext(
      mark: mark, earlierMarks: (1..<attempt).map { StepMark(run: mark.run, step: mark.step, attempt: $0) }, plan: "test", planDigest: "none", toolVersion: "test", timeout: timeout, secrets: self,
      stores: self, outputs: outputs, now: { Timestamp(milliseconds: 1_795_500_000_000) }, report: { _ in })
  }
  var observing: ObservingContext { ObservingContext(secrets: self, stores: self, timeout: .seconds(60), now: { Timestamp(milliseconds: 1_795_500_000_000) }) }

  @discardableResult
  func apply(attempt: Int = 1, timeout: TimeSpan = .minutes(2), _ change: (inout TerraformApply.Arguments) -> Void = { _ in }) async throws -> StepResult {
    var arguments = arguments
    change(&arguments)
    return try await TerraformPerformer(host: host).perform(arguments, in: context(attempt: attempt, timeout: timeout))
  }

  func undo(_ result: StepResult? = nil, _ change: (inout TerraformApply.Arguments) -> Void = { _ in }) async throws {
    var arguments = arguments
    change(&arguments)
    try await TerraformPerformer(host: host).undo(arguments, result: result, in: context(attempt: 9))
  }

  func look(_ change: (inout TerraformApply.Arguments) -> Void = { _ in }) async -> (observation: Observation, change: Change) {
    var arguments = arguments
    change(&arguments)
    let observation = await TerraformObserver(host: host).observe(arguments, in: observing)
    return (observation, TerraformApply.compare(arguments, observation, at: observing.now()))
  }

  /// Resources with their ids, by another hand; empty where there is no state.
  func state(_ workspace: String = "west") throws -> [String] {
    let path = workspace == "default" ? "\(folder)/infra/terraform.tfstate" : "\(folder)/infra/terraform.tfstate.d/\(workspace)/terraform.tfstate"
    guard let text = try? readBytes(path), !text.isEmpty else { return [] }
    return try CanonicalJSON.decode(State.self, from: text).resources.flatMap { resource in
      resource.instances.map { "\(resource.name)\($0.index_key.map { "[\($0)]" } ?? "") \($0.attributes.id)" }
    }.sorted()
  }

  private struct State: Decodable {
    struct Resource: Decodable { var name: String; var instances: [Instance] }
    struct Instance: Decodable { var index_key: Int?; var attributes: Attributes }
    struct Attributes: Decodable { var id: String }
    var resources: [Resource]
  }

  /// What lies in the folder of the configuration.
  func files() -> [String] { names(in: "\(folder)/infra").sorted() }
}

extension World: SecretResolving, StoreOpening {
  func resolve(_: SecretReference) async throws(StepFailure) -> SecretValue { SecretValue(Self.canary) }
  func reading(_: StoreReference) async throws(StepFailure) -> any ObjectReading { InMemoryStore(name: "none") }
  func opening(_: StoreReference) async throws(StepFailure) -> any ObjectStore { InMemoryStore(name: "none") }
}

/// The failure that a step ended with.
func failure<Value: Sendable>(_ body: () async throws -> Value) async -> StepFailure? {
  do { _ = try await body() } catch { return error as? StepFailure }
  return nil
}

extension StepFailure {
  /// Everything a person would read.
  var text: String { ([code, message] + details + helps).joined(separator: "\n") }
}
