import ChildProcess
import Glibc
import TestSupport
import Testing
import Units

@Suite struct ChildProcessTests {
  @Test func `A program's output, error output and exit status come back`() async throws {
    let output = try await children.run(shell("echo out; echo err >&2; exit 3"))
    #expect(output.text == "out\n")
    #expect(output.errorOutput == "err\n")
    #expect(output.status == .exited(3))
    #expect(!output.succeeded && !output.outputTruncated && !output.errorTruncated)
  }

  @Test(arguments: [SIGKILL, SIGTERM, SIGSEGV, SIGINT]) func `A program that a signal ended is seen so`(signal: Int32) async throws {
    #expect(try await children.run(shell("kill -\(signal) $$")).status == .signaled(signal))
  }

  @Test func `Arguments arrive as they are, without a shell in between`() async throws {
    let command = ChildCommand("printf", ["%s|", "a b", "*", "$HOME", "", "--"], environment: searchPath, deadline: .minutes(5))
    #expect(try await children.run(command).text == "a b|*|$HOME||--|")
  }

  @Test func `The environment and the working folder are those of the command and no others`() async throws {
    var command = ChildCommand("/usr/bin/env", environment: ["ONE": "1", "TWO": "zwei\n2"], deadline: .minutes(5))
    command.workingDirectory = "/usr"
    #expect(Set(try await children.run(command).text.split(separator: "\n")) == ["ONE=1", "TWO=zwei", "2"])
    command.program = "/bin/pwd"
    #expect(try await children.run(command).text == "/usr\n")
  }

  @Test func `A tool's defaults are taken over and nothing else`() {
    let values = ChildCommand.toolDefaults(from: ["PATH": "/x", "HOME": "/h", "PGPASSWORD": "secret", "TZ": "UTC", "LANG": "de_DE"])
    #expect(values == ["PATH": "/x", "HOME": "/h", "TZ": "UTC", "LANG": "C.UTF-8"])
  }

  @Test func `Its input reaches a program whole`() async throws {
    let input = [UInt8]((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    #expect(try await children.run(shell("cat"), input: input).output == input)
  }

  @Test func `Without input a program reads its end at once`() async throws {
    #expect(try await children.run(shell("wc -c")).text == "0\n")
  }

  @Test func `A program that closes its input early harms nobody`() async throws {
    let output = try await children.run(shell("head -c 3"), input: [UInt8](repeating: 0x61, count: 4 << 20))
    #expect(output.text == "aaa" && output.succeeded)
  }

  @Test func `Output beyond the limit is dropped and said to be`() async throws {
    var command = shell("head -c 3000000 /dev/zero; echo done >&2")
    command.outputLimit = 1_000
    let output = try await children.run(command)
    #expect(output.output == [UInt8](repeating: 0, count: 1_000))
    #expect(output.outputTruncated && output.errorOutput == "done\n" && output.succeeded)
  }

  @Test func `Of a flood of error output the end is kept, in whole lines`() async throws {
    var command = shell("seq 1 400000 >&2; echo out")
    command.errorLimit = 1_000
    let output = try await children.run(command)
    #expect(output.text == "out\n" && output.errorTruncated)
    #expect(output.errorOutput.hasSuffix("399999\n400000\n") && output.errorOutput.utf8.count <= 1_000)
    #expect(output.errorOutput.split(separator: "\n").first.map { $0.count == 6 } == true)
  }

  @Test func `Error output is plain text without control sequences and secrets`() async throws {
    var command = shell(#"printf 'a\033[31mred\033[0m\rb\007 %s %s %s\n' "$S" "$(printf %s "xx:$S" | base64)" 'p%40ss%2Fword'  >&2"#)
    command.environment["S"] = "p@ss/word"
    command.secrets = ["p@ss/word"]
    let text = try await children.run(command).errorOutput
    #expect(text.hasPrefix("aredb\u{FFFD} *** ") && text.hasSuffix(" ***\n"))
    #expect(!text.contains("p@ss") && !text.contains("cEBzcy93b3Jk") && !text.contains("BAc3Mvd29y"))
  }

  @Test func `A secret that the limit cuts in two is not shown in part`() async throws {
    var command = shell(#"printf '%s' "$S$S$S" >&2"#)
    command.environment["S"] = "0123456789abcdef"
    command.secrets = ["0123456789abcdef"]
    command.errorLimit = 24
    let output = try await children.run(command)
    #expect(output.errorOutput == "" && output.errorTruncated)
  }
}

@Suite struct ChildProcessStartTests {
  @Test(arguments: [
    ("no-such-program", "there is no program 'no-such-program' in PATH (/usr/bin:/bin); install it, or give its full path"),
    ("/no/such/program", "there is no program '/no/such/program' in that place; install it, or give its full path"),
    ("/etc/passwd", "cannot start '/etc/passwd': this user may not execute it ('ls -l' shows its permissions)"),
    ("/etc", "cannot start '/etc': it is a folder"),
    ("", "cannot start '': its name is empty"),
  ]) func `What cannot be started is said in words`(program: String, expected: String) async throws {
    let command = ChildCommand(program, environment: searchPath, deadline: .minutes(5))
    let error = await #expect(throws: ChildError.self) { try await children.run(command) }
    #expect(error?.description == expected)
  }

  @Test func `A file that the system cannot execute is refused, not run by a shell`() async throws {
    try await withTemporaryFolder { folder in
      let script = "\(folder)/tool"
      _ = try await children.run(shell("printf 'echo hello' > \(script); printf '#!/no/interpreter' > \(script)2; chmod +x \(script)*"))
      let reasons = [
        (script, "is not in a format that this machine executes"),
        (script + "2", "or the interpreter that its first line names, does not exist"),
      ]
      for (path, reason) in reasons {
        let error = await #expect(throws: ChildError.self) { try await children.run(ChildCommand(path, deadline: .minutes(5))) }
        guard case .cannotStart(path, let said) = error else { Issue.record("\(String(describing: error))"); continue }
        #expect(said.hasSuffix(reason))
      }
    }
  }

  @Test func `A working folder that is not there is said in words`() async throws {
    let command = ChildCommand("/bin/pwd", workingDirectory: "/no/such/folder", deadline: .minutes(5))
    let error = await #expect(throws: ChildError.self) { try await children.run(command) }
    #expect(error == .cannotStart(program: "/bin/pwd", reason: "its working folder /no/such/folder does not exist or cannot be entered"))
  }

  @Test func `A wrong variable is named without its value`() async throws {
    for (name, value) in [("A=B", "canary"), ("1A", "canary"), ("A", "can\0ary"), ("", "canary")] {
      let error = await #expect(throws: ChildError.self) {
        try await children.run(ChildCommand("/bin/true", environment: [name: value], deadline: .minutes(5)))
      }
      #expect(error.map { !$0.description.contains("can") || $0.description.contains("cannot") && !$0.description.contains("ary") } == true)
    }
  }

  @Test func `The hidden mode refuses people`() async throws {
    let output = try await children.run(ChildCommand(BuiltProgram.sieDR, ["__supervise", "x"], deadline: .minutes(5)))
    #expect(output.status == .exited(64) && output.errorOutput.contains("own use"))
  }

  @Test func `A supervisor whose run is gone starts nothing`() async throws {
    try await withTemporaryFolder { folder in
      let order = ["__supervise", "1", "0", "--", "/usr/bin/touch", "touch", "\(folder)/x"]
      let command = ChildCommand(BuiltProgram.sieDR, order, deadline: .minutes(5))
      await #expect(throws: ChildError.self) { try await children.run(command) }
      let listing = try await children.run(shell("ls \(folder)")).text
      #expect(listing == "")
    }
  }

  @Test func `No secret is in any argument list while a program runs`() async throws {
    let canary = "canary-\(UInt64.random(in: 0 ... .max))"
    var command = shell("grep -c -a -z '^canary-' /proc/[0-9]*/cmdline | grep -v ':0$'; env | grep -c '^S=canary'; cat")
    command.environment["S"] = canary
    let output = try await children.run(command, input: Array(canary.utf8))
    #expect(output.text == "1\n\(canary)")
  }
}
