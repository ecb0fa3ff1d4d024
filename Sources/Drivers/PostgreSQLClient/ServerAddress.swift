internal import CLibPQ

/// Where a PostgreSQL server is and as whom to connect, read from a connection URL.
///
/// It holds the password. Nothing here prints it: `description` has user, host, port and database only, and `redact` takes the
/// password out of any text. Programs get it by `toolEnvironment`, never by an argument.
public struct ServerAddress: Sendable, CustomStringConvertible {
  private struct Option: Sendable {
    var value: String
    var variable: String?
    var isSecret: Bool
  }
  private var options: [String: Option]
  private var secrets: [String]
  /// The database that the URL names, or the user's name where it names none, as libpq does it.
  public private(set) var database: String

  /// Reads `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`.
  ///
  /// - Throws: `cannotConnect` for what is no such URL; the text never quotes any part of it, since a password with a reserved character
  ///   ends up anywhere.
  public init(url: String) throws(PostgreSQLError) {
    guard dr_pq_available() != 0 else { throw .libraryMissing }
    guard let rest = ["postgresql://", "postgres://"].first(where: url.hasPrefix).map({ url.dropFirst($0.count) }) else {
      throw .badURL("it does not begin with postgresql://")
    }
    // libpq would take a part of a password with '@' or '/' for the host or the port, and quote it in its error.
    let beforeQuery = rest.prefix { $0 != "?" }
    let authority = beforeQuery.prefix { $0 != "/" }
    guard beforeQuery.filter({ $0 == "@" }).count == authority.filter({ $0 == "@" }).count, authority.filter({ $0 == "@" }).count <= 1
    else {
      throw .badURL("an '@' or '/' in user, password or database must be written %40 or %2F")
    }
    guard let parsed = Self.parse(url) else { throw .badURL("libpq cannot read it; reserved characters must be percent-encoded") }
    options = parsed
    let ports = parsed["port"]?.value ?? ""
    guard ports.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ",") }) else {
      throw .badURL("the port is no number; a ':' or '/' in the password must be written %3A or %2F")
    }
    secrets = parsed.values.filter(\.isSecret).map(\.value).filter { !$0.isEmpty }
    database = parsed["dbname"]?.value ?? parsed["user"]?.value ?? "postgres"
  }

  private static func parse(_ url: String) -> [String: Option]? {
    guard let list = dr_pq_conninfo_parse(url, nil) else { return nil }
    defer { dr_pq_conninfo_free(list) }
    var options: [String: Option] = [:]
    var index = 0
    while let keyword = list[index].keyword {
      let option = list[index]
      index += 1
      guard let value = option.val else { continue }
      // libpq marks what a user interface must hide with '*'.
      let isSecret = option.dispchar.map { $0.pointee == CChar(UInt8(ascii: "*")) } ?? false
      options[String(cString: keyword)] = Option(
        value: String(cString: value), variable: option.envvar.map { String(cString: $0) }, isSecret: isSecret)
    }
    return options
  }

  public var host: String { options["host"]?.value ?? options["hostaddr"]?.value ?? "the local socket" }
  public var user: String? { options["user"]?.value }
  public var port: String { options["port"]?.value ?? "5432" }

  /// The same server and user, another database.
  public func with(database name: String) -> ServerAddress {
    var copy = self
    copy.database = name
    return copy
  }

  /// The same server and database, another user, without a password: for tests of rights.
  public func with(user name: String) -> ServerAddress {
    var copy = self
    copy.options["user"] = Option(value: name, variable: "PGUSER", isSecret: false)
    copy.options["password"] = nil
    return copy
  }

  public var description: String { (user.map { $0 + "@" } ?? "") + "\(host):\(port)/\(database)" }

  /// The server alone, for sentences about more than one of its databases.
  public var server: String { "\(host):\(port)" }

  /// Takes the password out of a text, as it is and percent-encoded.
  public func redact(_ text: String) -> String {
    var text = text
    for secret in secrets {
      for form in [secret, percentEncoded(secret)] where text.contains(form) { text = replacing(form, in: text, by: "***") }
    }
    return text
  }

  /// The password and what else libpq counts as secret, for whoever has to take them out of other texts.
  public var secretValues: [String] { secrets }

  /// What pg_dump, pg_restore and psql need in their environment to connect as this does, the password among it.
  public var toolEnvironment: [String: String] {
    var variables: [String: String] = [:]
    for option in options.values { if let variable = option.variable { variables[variable] = option.value } }
    variables["PGDATABASE"] = database
    return variables
  }

  /// A connection string for a program's `--dbname`: the database, and the options that have no environment variable. No secret.
  public var toolConnectionString: String {
    let others = options.filter { $0.value.variable == nil && !$0.value.isSecret && $0.key != "dbname" }
    return ([("dbname", database)] + others.map { ($0.key, $0.value.value) }.sorted { $0.0 < $1.0 })
      .map { "\($0.0)='\(escapedForConnectionString($0.1))'" }.joined(separator: " ")
  }

  /// libpq's keywords and values, ours on top.
  func parameters(application: String) -> [(String, String)] {
    var values = options.mapValues(\.value)
    values["dbname"] = database
    values["application_name"] = application
    values["client_encoding"] = "UTF8"
    for (keyword, value) in [("keepalives", "1"), ("keepalives_idle", "60"), ("keepalives_interval", "10"), ("keepalives_count", "6")] {
      values[keyword] = values[keyword] ?? value
    }
    return values.sorted { $0.key < $1.key }
  }
}

extension PostgreSQLError {
  static let libraryMissing = PostgreSQLError(
    .unusable, "libpq.so.5 cannot be loaded on this host", hint: "install it (Debian: apt-get install libpq5)")

  static func badURL(_ reason: String) -> PostgreSQLError {
    PostgreSQLError(
      .cannotConnect, "the connection URL is not usable: \(reason)",
      hint: "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with reserved characters percent-encoded")
  }
}

private func escapedForConnectionString(_ text: String) -> String {
  text.reduce(into: "") { out, character in
    if character == "'" || character == "\\" { out.append("\\") }
    out.append(character)
  }
}

/// RFC 3986: all but unreserved characters as %XX.
private func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
    default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}

/// Every occurrence of `part`, compared byte by byte.
private func replacing(_ part: String, in text: String, by replacement: String) -> String {
  let (needle, haystack) = (Array(part.utf8), Array(text.utf8))
  var out: [UInt8] = []
  var index = 0
  while index < haystack.count {
    if haystack.count - index >= needle.count, haystack[index..<index + needle.count].elementsEqual(needle) {
      out += replacement.utf8
      index += needle.count
    } else {
      out.append(haystack[index])
      index += 1
    }
  }
  return String(decoding: out, as: UTF8.self)
}
