import TestSupport
import Testing

/// A source behind TLS, under a certificate that no authority has signed: libpq here and PostgreSQL's programs must both be told to trust it.
@Suite("backups over TLS", .serialized, .timeLimit(.minutes(5)))
struct TLSTests {
  private static let server = Result { try PostgreSQLServer.start(tls: true) }

  private func backUp(environment: [String: String], options: String = "") async throws -> (result: ProgramResult, points: Int) {
    let scene = try Scene("CREATE TABLE t AS SELECT 1 AS a", source: try Self.server.get(), environment: environment, tls: options)
    let result = try await scene.run("apply", "--yes", "plan.yaml", within: .seconds(120))
    return (result, try await scene.points().count)
  }

  @Test("the certificate to trust comes from the environment, or from the URL, which counts more", arguments: [false, true])
  func trusted(inURL: Bool) async throws {
    let certificate = try Self.server.get().certificate
    let (result, points) = try await backUp(
      environment: ["PGSSLROOTCERT": inURL ? "/not/there" : certificate], options: inURL ? "&sslrootcert=\(certificate)" : "")
    #expect(result.status == 0 && points == 1, "\(result.errors)\(result.output)")
  }

  @Test("without it the server is not trusted, and there is no point")
  func untrusted() async throws {
    let (result, points) = try await backUp(environment: [:])
    #expect(result.status != 0 && points == 0, "\(result.errors)\(result.output)")
  }
}
