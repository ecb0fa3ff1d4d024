internal import CanonicalJSON
internal import Units

extension AWSCredentials {
  /// Reads a secret's value: `ACCESS:SECRET` or `ACCESS:SECRET:TOKEN`, or the JSON that AWS's own tools write (`aws configure
  /// export-credentials`, a `credential_process`, instance metadata): `AccessKeyId`, `SecretAccessKey`, and perhaps `SessionToken` or
  /// `Token`, and `Expiration`.
  public init(written text: String) throws(CredentialProblem) {
    let text = String(text.trimmingSpace)
    guard !text.hasPrefix("{") else { self = try AWSCredentials(json: Array(text.utf8)); return }
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty && !$0.utf8.contains { $0 <= 0x20 || $0 == 0x7F } }) else {
      throw CredentialProblem("the value is neither `ACCESS:SECRET`, `ACCESS:SECRET:TOKEN` nor JSON with `AccessKeyId` and `SecretAccessKey`")
    }
    self.init(accessKey: parts[0], secretKey: parts[1], token: parts.count == 3 ? parts[2] : nil)
  }

  init(json bytes: [UInt8]) throws(CredentialProblem) {
    let value: JSONValue
    do { value = try CanonicalJSON.decode(JSONValue.self, from: bytes) } catch { throw CredentialProblem("what came is no JSON") }
    if let code = value["Code"]?.string, code != "Success" { throw CredentialProblem("the answer is `\(Printable.of(code))`") }
    guard let access = value["AccessKeyId"]?.string, let secret = value["SecretAccessKey"]?.string, !access.isEmpty, !secret.isEmpty else {
      throw CredentialProblem("the JSON lacks `AccessKeyId` or `SecretAccessKey`")
    }
    let written = value["Expiration"]?.string
    let expires = written.flatMap { Timestamp($0) }
    guard written == nil || expires != nil else { throw CredentialProblem("its `Expiration` is not an RFC 3339 time") }
    self.init(accessKey: access, secretKey: secret, token: value["SessionToken"]?.string ?? value["Token"]?.string, expires: expires)
  }
}
