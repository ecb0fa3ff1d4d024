internal import Glibc

/// Finds the file that a program's name means, before anything is started, so that the answer can be given in words.
enum ProgramLookup {
  static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The path to execute: as given where it is a path, else the first fit on the command's own `PATH`.
  static func find(_ command: ChildCommand) throws(ChildError) -> String {
    let program = command.program
    guard !program.isEmpty else { throw .cannotStart(program: program, reason: "its name is empty") }
    if program.utf8.contains(UInt8(ascii: "/")) {
      let place = program.hasPrefix("/") ? program : (command.workingDirectory ?? ".") + "/" + program
      switch look(at: place) {
      case .executable: return program
      case .absent: throw .notFound(program: program, searched: program.hasPrefix("/") ? "that place" : command.workingDirectory ?? ".")
      case .folder: throw .cannotStart(program: program, reason: "it is a folder")
      case .notExecutable: throw .cannotStart(program: program, reason: "this user may not execute it ('ls -l' shows its permissions)")
      }
    }
    let path = command.environment["PATH"] ?? standardPath
    var refused: String?
    for folder in path.split(separator: ":") where folder.hasPrefix("/") {
      let place = "\(folder)/\(program)"
      switch look(at: place) {
      case .executable: return place
      case .notExecutable: refused = refused ?? place
      case .absent, .folder: continue
      }
    }
    if let refused { throw .cannotStart(program: program, reason: "this user may not execute \(refused) ('ls -l' shows its permissions)") }
    throw .notFound(program: program, searched: "PATH (\(path))")
  }

  private enum Finding { case executable, notExecutable, folder, absent }

  private static func look(at path: String) -> Finding {
    var info = stat()
    guard stat(path, &info) == 0 else { return .absent }
    if info.st_mode & S_IFMT == S_IFDIR { return .folder }
    return access(path, X_OK) == 0 ? .executable : .notExecutable
  }
}

extension ChildCommand {
  /// The file that would be started, as `run` looks for it.
  public func locate() throws(ChildError) -> String { try ProgramLookup.find(self) }
}
