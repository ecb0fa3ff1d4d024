import Diagnostics
import PlanLinting
import Testing

@Suite("secret-literal") struct SecretLiteralTests {
  private func run(_ arguments: String, env: String = "{}") -> [Diagnostic] {
    linted(steps: "switch: { command.run: { run: \(arguments), env: \(env), undo: [\"true\"] }, needs: [verify], timeout: 1m }").of("secret-literal")
  }

  @Test("finds what stands in an argument list", arguments: [
    "[p, --password, sesame]", "[p, -password, sesame]", "[p, --db-password, sesame]", "[p, --password=sesame]", "[p, --api-key=sesame]", "[p, --client_secret=sesame]",
    #"[psql, "host=db dbname=x user=me password=sesame"]"#, #"[psql, "password='sesame' host=db"]"#, #"[psql, "dbname = x password = sesame"]"#,
    #"[psql, "postgresql://me:sesame@db/x"]"#, #"[psql, "postgresql://db/x?password=sesame"]"#, #"[psql, "postgresql://db/x?user=me&password=sesame"]"#,
    #"[curl, "https://db/x?access_token=sesame"]"#, #"[curl, --header, "Authorization: Bearer sesame"]"#, #"[curl, -H, "authorization: Basic c2VzYW1l"]"#,
    #"[curl, "-HX-Api-Key: sesame"]"#, "[curl, -u, 'me:sesame']", "[curl, --user, 'me:sesame']", #"[sh, -c, "PGPASSWORD=sesame psql"]"#,
    #"[sh, -c, "curl -H 'Authorization: Bearer sesame' https://db"]"#, #"[sh, -c, "DB_PASSWORD='sesame' run"]"#,
  ]) func found(_ arguments: String) {
    let findings = run(arguments)
    #expect(findings.count == 1)
    #expect(!findings.contains { $0.summary.contains("sesame") || $0.labels.contains("sesame") })
  }

  @Test("finds what stands in an environment", arguments: ["{ PGPASSWORD: sesame }", "{ DB_TOKEN: sesame }", "{ PGSERVICE: 'host=a password=sesame' }"])
  func environment(_ env: String) { #expect(run("[p]", env: env).count == 1) }

  @Test("leaves alone what is none", arguments: [
    "[p, --no-password, orders]", "[p, --no-password]", "[p, '=', ' =x', 'a=', '==', 'password=', '://', '?=&=', 'user = ', 'authorization:']", "[p, --password, --verbose]", "[p, --password, $PASSWORD]", "[p, --password=$PASSWORD]", "[p, --password-file, keys]",
    "[p, --password-file=keys]", "[p, --without-token, x]", "[curl, --user, me]", #"[curl, -H, "Authorization: Bearer $TOKEN"]"#, #"[curl, "https://h/x?token=$TOKEN"]"#,
    #"[psql, "host=db user=me"]"#, #"[psql, "postgresql://me@db/x"]"#, #"[psql, "postgresql://me:$PW@db/x"]"#, #"[psql, "https://h/path?at=a:b@c"]"#, "[echo, 'reset the password = see the wiki']",
    #"[psql, -c, "select count(*) from users where password = 'x'"]"#, #"[echo, "authorization: none needed"]"#,
  ]) func leftAlone(_ arguments: String) { #expect(run(arguments) == []) }

  @Test("leaves the answers alone that a plan expects, and the names that it gives") func expected() {
    let steps = """
      check: { http.check: { url: "http://localhost/", expect: { json: { password: none, token: { valid: true } } } }, needs: [verify], timeout: 1m }
      ask: { postgresql.query: { server: pg-west, sql: "select count(*) from users where user='a' and password='x'", expect: t }, needs: [verify], timeout: 1m }
      rotate-token: { command.run: { run: [rotate], env: { TOKEN: { secret: west-url } }, undo: ["true"] }, needs: [verify], timeout: 1m }
      """
    #expect(linted(steps: steps).of("secret-literal") == [])
  }
}

extension Diagnostic {
  fileprivate var labels: String { label + notes.joined() + helps.joined() }
}
