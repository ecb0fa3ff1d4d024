internal import AWSClient
internal import HTTPClient

extension CredentialWorld {
  /// This machine.
  init(_ environment: [String: String], _ client: HTTPClient) {
    self.init(
      environment: environment, client: client, readFile: { path in (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } }, now: SystemClock.now)
  }
}

extension AWSHost {
  /// Relative paths count from `folder`, that of the plan file.
  static func standard(_ environment: [String: String], folder: String) -> AWSHost {
    AWSHost(CredentialWorld(environment, HTTPClient(trustedBy: environment)), folder: folder)
  }
}
