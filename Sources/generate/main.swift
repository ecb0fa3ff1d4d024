internal import Commands
internal import Glibc

/// `generate write` writes the files that follow from the code, `generate check` fails if one of them is stale. Run from the repository's root.
func fail(_ message: String, _ status: Int32) -> Never {
  let line = Array("generate: \(message)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
  exit(status)
}

func contents(of path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
  return String(decoding: bytes, as: UTF8.self)
}

let files = try GeneratedFiles.all()
switch CommandLine.arguments.dropFirst().first {
case "write":
  for (path, text) in files.sorted(by: { $0.key < $1.key }) where contents(of: path) != text {
    guard let file = fopen(path, "w"), fputs(text, file) >= 0, fclose(file) == 0 else { fail("cannot write \(path)", 1) }
    print("wrote \(path)")
  }
case "check":
  let stale = files.keys.sorted().filter { contents(of: $0) != files[$0] }
  if !stale.isEmpty { fail("not fresh: \(stale.joined(separator: ", ")); run `swift run generate write`", 1) }
default: fail("usage: generate write | check", 64)
}
