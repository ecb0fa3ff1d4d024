public import ChildProcess
public import Compression
public import ObjectStore
public import ProviderInterface

/// Errors of the drivers that all providers of points use as failures of a step, in words. `doing` completes "while …".
extension StepFailure {
  /// Nil for an error of something else.
  public init?(ofPoint error: any Error, doing: String) {
    switch error {
    case let failure as StepFailure: self = failure
    case let error as StoreError: self.init(error, doing: doing)
    case let error as CompressionError: self.init(error, doing: doing)
    case let error as ChildError: self.init(error, doing: doing)
    case is CancellationError: self = .cancelled
    default: return nil
    }
  }

  public init(_ error: CompressionError, doing: String) {
    self.init(
      error == .libraryMissing ? "library-missing" : "object-damaged", "\(error)", details: ["while \(doing)"],
      helps: error == .libraryMissing ? [] : ["choose another point, or the same point in another store"])
  }

  public init(_ error: StoreError, doing: String) {
    let what = error.key.map { "`\($0)` in the store `\(error.store)`" } ?? "the store `\(error.store)`"
    let details = ["while \(doing)"]
    func failure(_ code: String, _ text: String, _ help: String, transient: Bool = false) -> StepFailure {
      StepFailure(code, "\(text): \(error.detail)", details: details, helps: [help], transient: transient)
    }
    self =
      switch error.reason {
      case .notFound: failure("object-missing", "\(what) is missing", "choose another point, or the same point in another store")
      case .damaged: failure("object-damaged", "\(what) is not what was written", "choose another point, or the same point in another store")
      case .noSpace: failure("store-full", "\(what) has no space left", "free space there, or expire old points")
      case .denied: failure("store-denied", "\(what) refuses access", "check the rights of this user there")
      case .alreadyExists: failure("object-exists", "\(what) exists already", "another run may be writing the same point")
      case .unreachable: failure("store-unreachable", "\(what) cannot be reached", "check the path or the network", transient: true)
      case .timedOut: failure("store-timed-out", "\(what) did not answer in time", "check the path or the network", transient: true)
      case .cancelled: .cancelled
      case .sealed: failure("identity-wrong", "\(what) cannot be decrypted", "name the identity of one of its recipients under `identity` of the data class")
      case .toolMissing: failure("age-missing", "\(what) cannot be encrypted or decrypted", "install it (Debian: apt-get install age)")
      case .toolFailed: failure("age-failed", "\(what) was not encrypted or decrypted", "run `age` by hand with the same recipients or identity, and look at what it says")
      case .other: failure("store-failed", "\(what) failed", "see the reason above", transient: true)
      }
  }

  public init(_ error: ChildError, doing: String) {
    self =
      switch error {
      case .cancelled: .cancelled
      case .timedOut: StepFailure("program-timed-out", "\(error)", details: ["while \(doing)"], transient: true)
      case .notFound: StepFailure("program-missing", "\(error)", details: ["while \(doing)"])
      case .cannotStart, .brokenPipes: StepFailure("program-failed", "\(error)", details: ["while \(doing)"])
      }
  }
}

/// Runs `body` and gives whatever it throws as a failure of the step.
public func pointwise<Value>(_ doing: @autoclosure () -> String, _ body: () async throws -> Value) async throws(StepFailure) -> Value {
  do { return try await body() } catch {
    let doing = doing()
    throw StepFailure(ofPoint: error, doing: doing) ?? StepFailure("unexpected", "\(error)", details: ["while \(doing)"])
  }
}
