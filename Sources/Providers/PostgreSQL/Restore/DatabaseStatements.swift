internal import PostgreSQLClient

/// What makes a database like another apart from its contents: pure text.
enum DatabaseStatements {
  /// CREATE DATABASE from the empty template, with what cannot be altered later.
  static func create(_ name: String, like properties: DatabaseProperties, serverMajor: Int) -> String {
    var options = [
      "TEMPLATE template0", "ENCODING \(SQL.literal(properties.encoding))", "LC_COLLATE \(SQL.literal(properties.collate))",
      "LC_CTYPE \(SQL.literal(properties.ctype))",
    ]
    if serverMajor >= 15 {
      options.append("LOCALE_PROVIDER \(properties.provider)")
      if properties.provider == "icu", let icu = properties.icuLocale { options.append("ICU_LOCALE \(SQL.literal(icu))") }
      if properties.provider == "builtin", let locale = properties.icuLocale { options.append("BUILTIN_LOCALE \(SQL.literal(locale))") }
    }
    if let tablespace = properties.tablespace { options.append("TABLESPACE \(SQL.identifier(tablespace))") }
    return "CREATE DATABASE \(SQL.identifier(name)) \(options.joined(separator: " "))"
  }

  /// Owner, connection limit, privileges and settings; comment aside. Each can run in one transaction with the others.
  static func apply(_ properties: DatabaseProperties, to name: String) -> [String] {
    let database = "DATABASE \(SQL.identifier(name))"
    var statements = ["ALTER \(database) OWNER TO \(SQL.identifier(properties.owner))"]
    if properties.connectionLimit != -1 { statements.append("ALTER \(database) CONNECTION LIMIT \(properties.connectionLimit)") }
    if let privileges = properties.privileges {
      statements.append("REVOKE ALL ON \(database) FROM PUBLIC")
      statements.append("REVOKE ALL ON \(database) FROM \(SQL.identifier(properties.owner))")
      statements += privileges.map { grant in
        let grantee = grant.grantee.map(SQL.identifier) ?? "PUBLIC"
        return "GRANT \(grant.privilege) ON \(database) TO \(grantee)" + (grant.grantable ? " WITH GRANT OPTION" : "")
      }
    }
    statements += properties.settings.map { setting in
      let subject = setting.role.map { "ROLE \(SQL.identifier($0)) IN \(database)" } ?? database
      return "ALTER \(subject) SET \(assignment(setting.name, setting.value))"
    }
    return statements
  }

  static func comment(_ name: String, _ comment: String?) -> String {
    "COMMENT ON DATABASE \(SQL.identifier(name)) IS \(comment.map(SQL.literal) ?? "NULL")"
  }

  static func rename(_ name: String, to new: String) -> String {
    "ALTER DATABASE \(SQL.identifier(name)) RENAME TO \(SQL.identifier(new))"
  }

  /// `name TO value`. Settings that are lists of names are kept quoted by the server, and each name must be an item of its own again.
  static func assignment(_ name: String, _ value: String) -> String {
    let lists: Set = [
      "local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces",
      "unix_socket_directories",
    ]
    let variable = name.split(separator: ".", omittingEmptySubsequences: false).map { SQL.identifier(String($0)) }.joined(separator: ".")
    guard lists.contains(name.lowercased()) else { return "\(variable) TO \(SQL.literal(value))" }
    let items = names(in: value)
    return "\(variable) TO " + (items.isEmpty ? "''" : items.map(SQL.literal).joined(separator: ", "))
  }

  /// The names of a list such as `"$user", public`.
  static func names(in list: String) -> [String] {
    var names: [String] = []
    var name = ""
    var isQuoted = false
    var rest = list[...]
    while let character = rest.popFirst() {
      switch character {
      case "\"" where isQuoted && rest.first == "\"":
        name.append("\"")
        rest.removeFirst()
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        names.append(name)
        name = ""
      case " " where !isQuoted: break
      default: name.append(character)
      }
    }
    return names + (name.isEmpty && names.isEmpty ? [] : [name])
  }
}

enum LoadStatements {
  /// `COPY … FROM STDIN` of one table's pieces.
  static func copyIn(_ table: LogicalPoint.Table, encoding: String) -> String {
    let name = table.loadInto ?? table.qualified
    let columns = table.columns.isEmpty ? "" : " (\(table.columns.map(SQL.identifier).joined(separator: ", ")))"
    return "COPY \(SQL.qualified(name.schema, name.name))\(columns) FROM STDIN WITH (\(table.rowFormat.option), ENCODING \(SQL.literal(encoding)))"
  }
}
