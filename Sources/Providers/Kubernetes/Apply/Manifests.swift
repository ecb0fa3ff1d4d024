internal import Glibc
internal import ProviderInterface

/// One file of manifests, as it is.
struct ManifestFile: Sendable {
  var name: String
  var bytes: [UInt8]

  /// What must not be shown of it: all that could be a value, if it holds a secret. Blots out too much rather than too little.
  var secrets: [String] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("Secret") else { return [] }
    let words = text.split(whereSeparator: { $0.isWhitespace || "\"',{}[]".contains($0) }).filter { $0.utf8.count >= 8 && !$0.hasSuffix(":") }
    return Array(Set(words.map(String.init)).prefix(400))
  }
}

enum Manifests {
  private static let largest = 4 << 20
  private static let most = 500

  /// Those that are named, in this order; all of the folder by name if none are.
  static func read(_ folder: String, _ files: [String]?) throws(StepFailure) -> [ManifestFile] {
    let names: [String]
    if let files { names = files } else { names = try list(folder) }
    guard !names.isEmpty else {
      throw StepFailure(
        "no-manifests", "there are no manifests in \(folder)",
        details: ["looked for were *.yaml, *.yml and *.json"], helps: ["check `folder`, or name the files under `files`"])
    }
    var read: [ManifestFile] = []
    for name in names { read.append(ManifestFile(name: name, bytes: try bytes("\(folder)/\(name)"))) }
    return read
  }

  private static func list(_ folder: String) throws(StepFailure) -> [String] {
    guard let directory = opendir(folder) else {
      throw StepFailure(
        "no-manifests", "the folder \(folder) cannot be read: \(String(cString: strerror(errno)))",
        helps: ["check `folder`: it counts from the plan file's folder"])
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix("."), [".yaml", ".yml", ".json"].contains(where: name.hasSuffix) { names.append(name) }
      guard names.count <= most else {
        throw StepFailure(
          "too-many-manifests", "\(folder) holds more than \(most) manifests", helps: ["name those that are meant under `files`"])
      }
    }
    return names.sorted()
  }

  private static func bytes(_ path: String) throws(StepFailure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw StepFailure(
        "no-manifests", "\(path) cannot be read: \(String(cString: strerror(errno)))", helps: ["check `folder` and `files`"])
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw StepFailure(
          "no-manifests", "\(path) cannot be read: \(String(cString: strerror(errno)))", helps: ["check `folder` and `files`"])
      }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= largest else { throw StepFailure("manifest-too-large", "\(path) is larger than 4 MiB", helps: ["part it into several files"]) }
    }
  }
}
