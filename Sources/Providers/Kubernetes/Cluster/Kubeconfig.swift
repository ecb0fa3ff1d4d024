/// What in a kubeconfig must not be shown.
enum Kubeconfig {
  private static let keys: Set<String> = [
    "token", "password", "client-key-data", "client-certificate-data", "id-token", "refresh-token", "access-token", "client-secret", "tokenFile", "username",
  ]

  /// Found word by word, in YAML of any style and in JSON: a file that cannot be read whole must not be shown either.
  static func secrets(in text: String) -> [String] {
    var found: [String] = []
    var isNext = false
    for word in text.split(whereSeparator: { $0.isWhitespace || ",{}[]\"'".contains($0) }) where word != ":" {
      if isNext { found.append(String(word)) }
      isNext = keys.contains(String(word.hasSuffix(":") ? word.dropLast() : word))
    }
    return found
  }
}
