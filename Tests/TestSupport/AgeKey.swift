/// A key pair that `age-keygen` has made.
public struct AgeKey: Sendable {
  /// Public.
  public var recipient: String
  /// The text of the identity file.
  public var identity: String

  public static func make() throws -> AgeKey {
    let identity = try runProgram(["age-keygen"]).output
    return AgeKey(recipient: try runProgram(["age-keygen", "-y"], input: identity).output.split(separator: "\n").map(String.init).joined(), identity: identity)
  }
}
