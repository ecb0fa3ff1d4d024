import DirectoryStore
import Glibc
import ObjectStore
import TestSupport
import Testing

private func key(_ path: String) throws -> ObjectKey { try #require(ObjectKey(path)) }

/// A folder of a test's own, and a store in it.
private func withFolder(_ body: (String, DirectoryStore) async throws -> Void) async throws {
  let root = try temporaryFolder("folder")
  defer { removeFolder(root) }
  try await body(root, DirectoryStore(name: "east", root: root))
}

/// A small file system of a test's own; what is mounted is unmounted whatever happens.
private func withFileSystem(options: String, _ body: (String, DirectoryStore) async throws -> Void) async throws {
  try await withFolder { root, store in
    try runProgram(["mount", "-t", "tmpfs", "-o", options, "tmpfs", root])
    defer { _ = try? runProgram(["umount", "-l", root], mayFail: true) }
    try await body(root, store)
  }
}

/// All that can fail, each on a key of its own.
private func failures(of store: any ObjectStore) async -> [StoreError?] {
  func failure(_ work: () async throws(StoreError) -> Void) async -> StoreError? {
    do { try await work() } catch { return error }
    return nil
  }
  guard let key = ObjectKey("some/object") else { return [] }
  return [
    await failure { () throws(StoreError) in _ = try await store.list(prefix: "", after: nil, limit: 1) },
    await failure { () throws(StoreError) in _ = try await store.info(key) },
    await failure { () throws(StoreError) in _ = try await store.open(key) },
    await failure { () throws(StoreError) in try await store.put(key, [1], ifAbsent: true) },
    await failure { () throws(StoreError) in _ = try await store.upload(key) },
    await failure { () throws(StoreError) in try await store.delete(key) },
    await failure { () throws(StoreError) in try await store.discardUploads(prefix: "") },
  ]
}

@Suite("A store in a folder", .timeLimit(.minutes(10)))
struct DirectoryStoreTests {
  @Test("a root that is missing is unreachable for every call, and none of them makes it")
  func missingRoot() async throws {
    try await withFolder { root, _ in
      let store = DirectoryStore(name: "east", root: root + "/mount")
      for error in await failures(of: store) {
        #expect(error?.reason == .unreachable)
        #expect(error?.detail.contains("if it is a mount, mount it") == true)
      }
      #expect(access(root + "/mount", F_OK) != 0)
    }
  }

  @Test("a root is made on purpose only, and only where its parent is")
  func create() async throws {
    try await withFolder { root, _ in
      let store = DirectoryStore(name: "east", root: root + "/new")
      for _ in 0..<2 { try await store.create() }
      try await store.put(try key("a"), [1], ifAbsent: true)
      try await store.create()
      try await #expect(store.read(try key("a")) == [1])
      let error = await #expect(throws: StoreError.self) { try await DirectoryStore(name: "east", root: root + "/no/parent").create() }
      #expect(error?.reason == .unreachable)
    }
  }

  @Test("a root that is a file is refused with words")
  func rootIsFile() async throws {
    try await withFolder { root, _ in
      try writeFile(root + "/file", "")
      for error in await failures(of: DirectoryStore(name: "east", root: root + "/file")) {
        #expect(error?.reason == .unreachable && error?.detail.contains("is not a folder") == true)
      }
    }
  }

  @Test("an object is a plain file that stock tools read, and its owner alone")
  func plainFiles() async throws {
    try await withFolder { root, store in
      try await store.put(try key("shop/with space/100%"), Array("content".utf8), ifAbsent: false)
      #expect(try readFile(root + "/shop/with space/100%") == "content")
      #expect(try runProgram(["stat", "-c", "%a", root + "/shop/with space/100%", root + "/shop"]).output == "600\n700\n")
    }
  }

  @Test("an object put where there was none gets its name in one step: at no moment does a killed program leave a second one")
  func oneName() async throws {
    try await withFolder { root, store in
      // Looks at each object as soon as it is there.
      let watcher = Task.detached { () -> Int in
        var seen = 0
        for number in 0..<2_000 {
          var info = stat()
          while stat("\(root)/\(number)", &info) != 0 { if Task.isCancelled { return seen } }
          if info.st_nlink > 1 { seen += 1 }
        }
        return seen
      }
      defer { watcher.cancel() }
      for number in 0..<2_000 { try await store.put(try key("\(number)"), [1], ifAbsent: true) }
      #expect(await watcher.value == 0)
    }
  }

  @Test("symbolic links inside are neither followed nor listed, and deleting one leaves what it points to")
  func links() async throws {
    try await withFolder { outside, _ in
      try writeFile(outside + "/secret", "not yours")
      try await withFolder { root, store in
        #expect(symlink(outside, root + "/folder") == 0)
        #expect(symlink(outside + "/secret", root + "/object") == 0)
        try await #expect(store.listAll(prefix: "") == [])
        for path in ["folder/secret", "object"] {
          let read = await #expect(throws: StoreError.self) { try await store.read(try key(path)) }
          #expect(read?.reason == .denied && read?.detail.contains("symbolic link") == true)
        }
        let write = await #expect(throws: StoreError.self) { try await store.put(try key("folder/new"), [1], ifAbsent: false) }
        #expect(write?.reason == .denied)
        try await store.put(try key("object"), [1], ifAbsent: false)
        try await #expect(store.read(try key("object")) == [1])
        try await store.delete(try key("folder"))
        #expect(try readFile(outside + "/secret") == "not yours")
        #expect(access(outside + "/new", F_OK) != 0)
      }
    }
  }

  @Test("the root itself may be a link to a folder")
  func linkedRoot() async throws {
    try await withFolder { root, _ in
      #expect(mkdir(root + "/real", 0o700) == 0 && symlink("real", root + "/link") == 0)
      let store = DirectoryStore(name: "east", root: root + "/link")
      try await store.put(try key("a/b"), [1], ifAbsent: true)
      try await #expect(DirectoryStore(name: "east", root: root + "/real").read(try key("a/b")) == [1])
    }
  }

  @Test("a pipe or a device among the objects holds nothing up")
  func specialFiles() async throws {
    try await withFolder { root, store in
      #expect(mkfifo(root + "/pipe", 0o600) == 0)
      try await #expect(store.listAll(prefix: "") == [])
      let error = await #expect(throws: StoreError.self) { try await store.read(try key("pipe")) }
      #expect(error?.reason == .notFound)
    }
  }

  @Test("refusing what is no file closes nobody else's file")
  func closesOnce() async throws {
    try await withFolder { root, store in
      #expect(mkfifo(root + "/pipe", 0o600) == 0)
      let pipe = try key("pipe")
      let lost = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<4 {
          group.addTask {
            for _ in 0..<500 { _ = try? await store.open(pipe) }
            return 0
          }
        }
        group.addTask {
          var lost = 0
          for _ in 0..<20_000 {
            let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
            if fcntl(file, F_GETFD) < 0 || close(file) != 0 { lost += 1 }
          }
          return lost
        }
        return await group.reduce(0, +)
      }
      #expect(lost == 0)
    }
  }

  @Test("names that a file cannot have are refused with words, before anything is written")
  func refusedNames() async throws {
    try await withFolder { root, store in
      for (path, word) in [("a/" + String(repeating: "x", count: 256), "255"), (".sie-dr-tmp", ".sie-dr-tmp"), (".sie-dr-tmp/x", "unfinished")] {
        let put = await #expect(throws: StoreError.self) { try await store.put(try key(path), [1], ifAbsent: false) }
        #expect(put?.reason == .other && put?.detail.contains(word) == true)
        await #expect(throws: StoreError.self) { _ = try await store.upload(try key(path)) }
      }
      try await store.put(try key("sub/.sie-dr-tmp/x"), [1], ifAbsent: false)
      try await #expect(store.listAll(prefix: "").map(\.key.path) == ["sub/.sie-dr-tmp/x"])
    }
  }

  @Test("deleting the last object removes its folders, but not the root")
  func emptyFolders() async throws {
    try await withFolder { root, store in
      try await store.put(try key("a/b/c/one"), [1], ifAbsent: false)
      try await store.put(try key("a/two"), [1], ifAbsent: false)
      try await store.delete(try key("a/b/c/one"))
      #expect(access(root + "/a/b", F_OK) != 0 && access(root + "/a", F_OK) == 0)
      try await store.delete(try key("a/two"))
      #expect(access(root + "/a", F_OK) != 0 && access(root, F_OK) == 0)
    }
  }

  @Test("an upload that was killed leaves no object, and can be discarded by another process")
  func leftBehind() async throws {
    try await withFolder { root, store in
      let left = try await store.upload(try key("shop/point/data"))
      try await left.write([1, 2, 3])
      let other = DirectoryStore(name: "east", root: root)
      try await #expect(other.listAll(prefix: "") == [])
      func pending() throws -> Int { try runProgram(["ls", root + "/.sie-dr-tmp"]).output.split(separator: "\n").count }
      try await other.discardUploads(prefix: "shop/other/")
      #expect(try pending() == 1)
      try await other.discardUploads(prefix: "shop/point/")
      #expect(try pending() == 0)
      await left.abort()
    }
  }

  @Test("a full file system is said to be full, and nothing half written stays", .enabled(if: geteuid() == 0))
  func full() async throws {
    try await withFileSystem(options: "size=1m") { root, store in
      try await store.put(try key("small"), [1], ifAbsent: false)
      let put = await #expect(throws: StoreError.self) { try await store.put(try key("large"), [UInt8](repeating: 1, count: 2 << 20), ifAbsent: false) }
      #expect(put?.reason == .noSpace && put?.detail.contains("df -h \(root)") == true)
      let upload = try await store.upload(try key("large"))
      let write = await #expect(throws: StoreError.self) {
        for _ in 0..<10 { try await upload.write([UInt8](repeating: 1, count: 1 << 18)) }
      }
      #expect(write?.reason == .noSpace)
      await #expect(throws: StoreError.self) { try await upload.finish() }
      await upload.abort()
      try await #expect(store.listAll(prefix: "").map(\.key.path) == ["small"])
      // What was given up takes no space any more.
      try await store.put(try key("medium"), [UInt8](repeating: 1, count: 900_000), ifAbsent: false)
    }
  }

  @Test("a read-only file system is said to be so, and can be read", .enabled(if: geteuid() == 0))
  func readOnly() async throws {
    try await withFileSystem(options: "size=1m") { root, store in
      try await store.put(try key("some/object"), [7], ifAbsent: false)
      try runProgram(["mount", "-o", "remount,ro", root])
      try await #expect(store.read(try key("some/object")) == [7])
      for error in [await failures(of: store)[3], await failures(of: store)[4], await failures(of: store)[5]] {
        #expect(error?.reason == .denied && error?.detail.contains("read-only") == true)
      }
    }
  }
}
