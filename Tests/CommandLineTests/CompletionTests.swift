import TestSupport
import Testing

/// Completion in a shell, as a person meets it: the script that the program writes, in a bash that has nothing else.
@Suite("Completion") struct CompletionTests {
  private func completed(_ words: [String]) async throws -> [String] {
    let folder = try temporaryFolder("completion")
    defer { removeFolder(folder) }
    let script = try await StartedProgram([BuiltProgram.sieDR, "--generate-completion-script", "bash"], in: folder).end()
    #expect(script.status == 0)
    try writeFile("\(folder)/sie-dr.bash", script.output)
    try writeFile("\(folder)/plan.yaml", "")
    // What readline would hand over, with the cursor behind the last word.
    let line = words.joined(separator: " ")
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let bash = """
      source sie-dr.bash
      COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); COMP_LINE='\(line)'; COMP_POINT=\(line.count); COMP_TYPE=9; COMP_KEY=9
      spec=($(complete -p sie-dr)); name=; for i in "${!spec[@]}"; do [ "${spec[i]}" = -F ] && name=${spec[i+1]}; done
      "$name" sie-dr '\(words.last ?? "")' '\(words.dropLast().last ?? "")'
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let program = BuiltProgram.sieDR.dropLast("/sie-dr".count)
    let result = try await StartedProgram(["bash", "--norc", "-c", bash], environment: ["PATH": "\(program):/usr/bin:/bin"], in: folder).end()
    return result.output.split(separator: "\n").map { $0.trimmingPrefix(" ") }.map { String($0.prefix { $0 != " " }) }
  }

  @Test("commands, options and their values are completed in bash", arguments: [
    (["sie-dr", "ren"], ["render"], []), (["sie-dr", "run"], ["runs", "runbook"], ["render"]), (["sie-dr", "points", "ho"], ["hold"], []),
    (["sie-dr", "lint", "--env"], ["--environment"], ["--overlay"]), (["sie-dr", "plan", "--"], ["--scenario", "--diff", "--var", "--environment"], ["--baseline"]),
  ] as [([String], [String], [String])]) func bash(_ words: [String], _ offered: [String], _ others: [String]) async throws {
    let found = try await completed(words)
    #expect(Set(offered).isSubset(of: found) && Set(others).isDisjoint(with: found), "\(found)")
  }

  @Test("every shell's script names every command", arguments: ["bash", "zsh", "fish"]) func scripts(_ shell: String) async throws {
    let script = try await StartedProgram([BuiltProgram.sieDR, "--generate-completion-script", shell], in: "/").end()
    #expect(script.status == 0 && script.errors == "")
    for command in ManualTests.commands.flatMap({ $0.split(separator: " ") }) { #expect(script.output.contains(command), "\(command)") }
  }
}
