internal import PlanModel
internal import ProviderInterface

/// Where a repository is, and what opens it. The login of an HTTP URL is no part of what programs get as an argument.
struct Repository: Sendable, CustomReflectable {
  /// A URL without a login, `host:path`, or an absolute path.
  let location: String
  /// For people. Of one that a secret names, only which secret: nobody knows what else in it is one.
  let title: String
  let user: String?
  let password: String?
  /// What must not be shown.
  let secrets: [String]

  var isFolder: Bool { location.hasPrefix("/") }
  var customMirror: Mirror { Mirror(self, children: []) }

  /// - Throws: a failure that quotes nothing of the text.
  init(_ text: String, from input: InputValue, in host: GitHost) throws(StepFailure) {
    let named: String? =
      switch input {
      case .text: nil
      case .secret(let reference): "the secret `\(reference.name)`"
      case .output(let step, let name): "the output `\(step).\(name)`"
      }
    func unusable(_ why: String) -> StepFailure {
      StepFailure(
        "repository-unusable", "the repository in \(named ?? "the plan") cannot be used: \(why)",
        helps: ["write https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH or a folder; a login as https://USER:PASSWORD@HOST/PATH, in a secret"])
    }
    guard !text.isEmpty, !text.hasPrefix("-"), !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { throw unusable("it is empty, begins with `-`, or holds a control character") }
    guard let separator = text.firstRange(of: "://") else {
      // As git tells them apart: a colon before any slash makes a host.
      let isHost = text.firstIndex(of: ":").map { !text[..<$0].contains("/") } ?? false
      guard !text.contains("::") || !isHost else { throw unusable("it would run a program of its own") }
      location = isHost ? text : host.absolute(text)
      title = named ?? text
      (user, password, secrets) = (nil, nil, named == nil ? [] : [text])
      return
    }
    let scheme = text[..<separator.lowerBound]
    guard ["http", "https", "ssh", "git", "file"].contains(scheme) else { throw unusable("it is none of http, https, ssh, git and file") }
    let rest = text[separator.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else {
      location = text
      title = named ?? text
      (user, password, secrets) = (nil, nil, named == nil ? [] : [text])
      return
    }
    let login = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let server = rest[rest.index(after: at)...]
    guard let name = decoded(login[0]), let word = decoded(login.count > 1 ? login[1] : "") else { throw unusable("a '%' in its login must be followed by two hexadecimal digits") }
    let isHTTP = scheme.hasPrefix("http")
    // ssh takes no password; its user is no secret.
    location = isHTTP ? "\(scheme)://\(server)" : "\(scheme)://\(login[0])@\(server)"
    title = named ?? "\(scheme)://\(server)"
    user = isHTTP ? name : nil
    password = isHTTP ? word : nil
    let hidden = [word, login.count > 1 ? String(login[1]) : ""] + (isHTTP && word.isEmpty ? [name, String(login[0])] : []) + (named == nil ? [] : [text])
    secrets = hidden.filter { !$0.isEmpty }
  }

  /// What stands for it as a name, in a store: the last part of its path.
  static func shortName(_ input: InputValue) -> String {
    let text =
      switch input {
      case .text(let text): text
      case .secret(let reference): reference.name.rawValue
      case .output(let step, _): step.rawValue
      }
    let last = text.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? "repository"
    let stem = last.hasSuffix(".git") && last.utf8.count > 4 ? String(last.dropLast(4)) : last
    return String(stem.map { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "-_.".contains($0) ? $0 : "-" })
  }
}

/// Percent-decoded; nil where a `%` stands alone or the bytes are no text.
private func decoded(_ text: Substring) -> String? {
  var (bytes, rest) = ([UInt8](), text.utf8[...])
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else { bytes.append(byte); continue }
    guard let high = rest.popFirst(), let low = rest.popFirst(), let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16) else { return nil }
    bytes.append(value)
  }
  return String(validating: bytes, as: UTF8.self)
}

/// References by name: `refs/heads/main` to the hash of what it names.
struct References: Hashable, Sendable, Codable {
  var byName: [String: String]
  /// What `HEAD` stands for: `refs/heads/main`; nil: it names a commit, or is not known.
  var head: String?

  init(_ byName: [String: String] = [:], head: String? = nil) { self.byName = byName; self.head = head }

  /// What `git ls-remote --symref` says.
  init(listing text: String) {
    byName = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "\t")
      guard parts.count == 2 else { continue }
      if line.hasPrefix("ref: "), parts[1] == "HEAD" { head = String(parts[0].dropFirst(5)); continue }
      guard !parts[1].hasSuffix("^{}") else { continue }
      byName[String(parts[1])] = String(parts[0])
    }
  }

  /// All but `HEAD`, what hosts make by themselves of merge requests, and what steps of ours have left.
  var mirrored: [String: String] { byName.filter { name, _ in name.hasPrefix("refs/") && !Self.ofHosts.contains { name.hasPrefix($0) } } }

  /// No host takes them from anybody.
  static let ofHosts = ["refs/pull/", "refs/merge-requests/", "refs/keep-around/", "refs/environments/", "refs/pipelines/", "refs/changes/", "refs/sie-dr/"]
}
