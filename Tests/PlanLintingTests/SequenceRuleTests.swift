import Diagnostics
import PlanLinting
import TestSupport
import Testing

/// Rules about steps that must not come alone, or must come in an order: what else they are silent at, and speak of, than on their pages.
@Suite("Rules about what must come before and after") struct SequenceRuleTests {
  private let cluster = (old: "servers:\n", new: "servers:\n  k8s: { kubernetes: { context: west } }\n  k8s-old: { kubernetes: { context: east } }\n")
  private let both = (old: "on: [pg-east]", new: "on: [pg-east, pg-west]")

  private func found(_ code: DiagnosticCode, _ steps: String, _ more: (old: String, new: String)...) -> [String] {
    let result = linted([cluster] + more, steps: steps)
    let wrong = result.diagnostics.filter { ["unknown-key", "unknown-reference", "missing-key", "wrong-value", "unknown-step-kind"].contains($0.code) }
    #expect(wrong == [])
    return result.of(code).map(\.summary)
  }

  @Test("a fence counts if it is of a server that is lost and comes first") func fences() {
    let promote = "promote: { postgresql.promote: { server: pg-west }, irreversible: x"
    func found(_ steps: String, _ more: (old: String, new: String)...) -> Bool {
      !linted([both] + more, steps: steps).of("promote-without-fence").isEmpty
    }
    #expect(!found("fence: { postgresql.fence: { server: pg-east } }\nbetween: { operator.confirm: { ask: go? }, needs: [fence] }\n\(promote), needs: [between] }"))
    #expect(found("\(promote) }"))
    #expect(found("fence: { postgresql.fence: { server: pg-west } }\n\(promote), needs: [fence] }"), "the one that is promoted")
    let third = (old: "  pg-west: {", new: "  pg-new: { postgresql: { url: { secret: west-url } } }\n  pg-west: {")
    #expect(found("fence: { postgresql.fence: { server: pg-new } }\n\(promote), needs: [fence] }", third), "one that is no primary of this data")
    // Nothing is lost in a hand-over: any other server of the data.
    let handOver = (old: "loses: { sites: [east] }", new: "loses: {}")
    #expect(!found("fence: { postgresql.fence: { server: pg-east } }\n\(promote), needs: [fence] }", handOver))
    let unordered = linted([both], steps: "fence: { postgresql.fence: { server: pg-east } }\n\(promote) }").of("promote-without-fence")
    #expect(unordered.first?.helps == ["add `needs: [fence]` to `promote`"])
  }

  @Test("a fence by a person's word names a question that is answered before; and one is undone by what it was done by", arguments: [
    ("sure: { operator.confirm: { ask: off? } }\nfence: { postgresql.fence: { server: pg-east, confirmedBy: sure }, needs: [sure] }", nil),
    ("sure: { operator.confirm: { ask: off? } }\nfence: { postgresql.fence: { server: pg-east, confirmedBy: sure } }", "`sure` need not be answered before"),
    ("fence: { postgresql.fence: { server: pg-east, confirmedBy: verify }, needs: [verify] }", "`verify` asks nobody: it is a `postgresql.query`"),
    ("fence: { postgresql.fence: { server: pg-east, confirmedBy: nobody } }", "there is no step `nobody`"),
    ("fence: { postgresql.fence: { server: pg-east, undo: [mend] } }", "`postgresql.fence` of the step `fence` has `undo` and no `by`"),
    ("fence: { postgresql.fence: { server: pg-east, by: [cut], undo: [mend] } }", nil),
    ("fence: { postgresql.fence: { server: pg-east, by: [cut] } }", "the step `fence` of `lost` has no undo"),
  ] as [(String, String?)]) func words(_ steps: String, _ problem: String?) {
    let codes: Set<DiagnosticCode> = ["unknown-key", "unknown-reference", "missing-key", "wrong-value", "undo-missing"]
    let found = linted([both], steps: steps).diagnostics.filter { codes.contains($0.code) }.map(\.summary)
    #expect(found == (problem.map { [$0] } ?? []))
  }

  @Test("a replica is built from another server, in a folder that can be moved", arguments: [
    ("from: pg-west, folder: /srv/pg, stop: [halt], start: [begin]", nil), ("from: pg-west, folder: /srv/pg, stop: [halt], start: [begin], through: []", nil),
    ("from: pg-east, folder: /srv/pg, stop: [halt], start: [begin]", "makes `pg-east` a replica of itself"),
    ("from: pg-west, folder: srv/pg, stop: [halt], start: [begin]", "`srv/pg` is no data directory"), ("from: pg-west, folder: /, stop: [halt], start: [begin]", "`/` is no data directory"),
    ("from: pg-west, folder: /srv/../etc, stop: [halt], start: [begin]", "`/srv/../etc` is no data directory"), ("from: pg-west, folder: /srv/pg, stop: [halt]", "has no `start`"),
    ("from: pg-west, stop: [halt], start: [begin]", "has no `folder`"),
  ] as [(String, String?)]) func replicas(_ fields: String, _ problem: String?) {
    let found = linted([both], steps: "replica: { postgresql.rebuildReplica: { server: pg-east, \(fields) }, irreversible: x }").diagnostics
      .filter { ["missing-key", "wrong-value", "wrong-type", "unknown-key"].contains($0.code) && $0.summary.contains(problem ?? "") }
    #expect(found.count == (problem == nil ? 0 : 1))
  }

  @Test("manifests that start nothing may come at any time, and so may those that make the server") func manifests() {
    func speaks(_ fields: String, _ needs: String = "", _ more: (old: String, new: String)...) -> Bool {
      !linted([cluster] + more, steps: "apply: { kubernetes.apply: { cluster: k8s, folder: k8s\(fields) }\(needs) }").of("manifests-before-data").isEmpty
    }
    #expect(speaks(""))
    #expect(speaks(", files: [namespace.yaml, api.yaml]"))
    #expect(!speaks(", files: [namespace.yaml, secrets.yaml, service.yaml, hpa.yaml]"))
    #expect(!speaks("", ", needs: [verify]"))
    #expect(!speaks(", files: [postgres.yaml], servers: [pg-west]"))
    let before = linted([cluster, ("restore: { postgresql", "restore: { needs: [apply], postgresql")], steps: "apply: { kubernetes.apply: { cluster: k8s, folder: k8s } }").of("manifests-before-data")
    #expect(before.first?.helps.first?.hasPrefix("apply in `apply` only what `restore` needs") == true)
  }

  @Test("what is stopped is started by a later step, on the same cluster, by more than none") func freezes() {
    let stop = "stop: { kubernetes.scale: { cluster: k8s, deployment: w, replicas: 0 } }\n"
    #expect(found("freeze-without-release", stop) == ["`stop` of `lost` stops `w`, and no later step starts it again"])
    #expect(found("freeze-without-release", stop + "start: { kubernetes.scale: { cluster: k8s, deployment: w, replicas: 2 }, needs: [stop] }") == [])
    for other in ["cluster: k8s, deployment: v, replicas: 2 }, needs: [stop]", "cluster: k8s-old, deployment: w, replicas: 2 }, needs: [stop]", "cluster: k8s, deployment: w, replicas: 2 }"] {
      #expect(found("freeze-without-release", stop + "start: { kubernetes.scale: { \(other) }").count == 1, "\(other)")
    }
    #expect(found("freeze-without-release", stop + "again: { kubernetes.scale: { cluster: k8s, deployment: w, replicas: 0 }, needs: [stop] }").count == 2)
    #expect(found("freeze-without-release", stop + "all: { kubernetes.apply: { cluster: k8s, folder: k8s }, needs: [stop, verify] }") == [])
  }

  @Test("`kubectl` is read in argument lists and in texts for a shell", arguments: [
    ("[kubectl, scale, deploy/w, --replicas=0]", true), ("[kubectl, scale, --replicas, 0, deployment, w]", true), ("[kubectl, scale, deploy/w, --replicas=2]", false),
    ("[sh, -c, \"set -e; kubectl scale deploy/w -n x \\\\\\n  --replicas=0\"]", true), ("[sh, -c, \"kubectl scale deploy/w --replicas=0 && fix && kubectl scale deploy/w --replicas=2\"]", false),
    ("[sh, -c, \"kubectl scale deploy/w --replicas=$N\"]", false), ("[echo, scale, --replicas=0]", false),
  ]) func kubectl(_ run: String, _ speaks: Bool) {
    #expect(found("freeze-without-release", "stop: { command.run: { run: \(run) }, irreversible: x }").isEmpty != speaks)
    let start = "\nstart: { command.run: { run: [sh, -c, \"kubectl scale deploy w --replicas=3\"] }, irreversible: x, needs: [stop] }"
    #expect(found("freeze-without-release", "stop: { command.run: { run: \(run) }, irreversible: x }\(start)") == [])
  }

  @Test("a secret is taken by a roll-out in its name space, by what was stopped before, or by manifests") func secrets() {
    let secret = "secret: { kubernetes.secret: { cluster: k8s, namespace: x, name: s, set: { a: b } } }\n"
    let later = { (kind: String) in secret + "later: { \(kind), needs: [secret] }" }
    #expect(found("secret-without-rollout", secret) == ["`secret` changes the secret `s`, and no later step restarts what uses it"])
    #expect(found("secret-without-rollout", later("kubernetes.rollout: { cluster: k8s, namespace: x, deployment: w }")) == [])
    #expect(found("secret-without-rollout", later("kubernetes.apply: { cluster: k8s, folder: k8s }")) == [])
    #expect(found("secret-without-rollout", later("kubernetes.rollout: { cluster: k8s, deployment: w }")).count == 1)
    #expect(found("secret-without-rollout", later("kubernetes.rollout: { cluster: k8s-old, namespace: x, deployment: w }")).count == 1)
    let up = later("kubernetes.scale: { cluster: k8s, namespace: x, deployment: w, replicas: 2 }")
    #expect(found("secret-without-rollout", up).count == 1, "those that run keep the old value")
    #expect(found("secret-without-rollout", up + "\nstop: { kubernetes.scale: { cluster: k8s, namespace: x, deployment: w, replicas: 0 } }") == [])
  }

  @Test("a roll-out by hand is awaited in the same text, by a later command or by a later step") func rollouts() {
    func speaks(_ run: String, _ later: String = "") -> Bool {
      !found("rollout-not-awaited", "roll: { command.run: { run: \(run) }, irreversible: x }\n\(later)").isEmpty
    }
    #expect(speaks("[sh, -c, \"kubectl rollout restart deploy/a -n x\"]"))
    #expect(!speaks("[sh, -c, \"kubectl rollout restart deploy/a && kubectl rollout status deploy/a\"]"))
    #expect(speaks("[sh, -c, \"kubectl rollout status deploy/a; kubectl rollout restart deploy/a\"]"), "it waited for the one before")
    #expect(!speaks("[kubectl, rollout, restart, deploy/a]", "wait: { kubernetes.wait: { cluster: k8s, resource: deployment/a }, needs: [roll] }"))
    #expect(!speaks("[kubectl, rollout, restart, deploy/a]", "wait: { command.run: { run: [kubectl, wait, deploy/a] }, irreversible: x, needs: [roll] }"))
    #expect(speaks("[kubectl, rollout, restart, deploy/a]", "wait: { kubernetes.wait: { cluster: k8s, resource: deployment/a } }"), "in no order with it")
  }

  @Test("a message may wait for another one, and must neither be waited for nor stop the run") func messages() {
    let send = "notify.send: { by: slack, to: \"https://a.example\", text: b }"
    #expect(found("notification-on-critical-path", "a: { \(send), onFailure: continue }\nb: { \(send), onFailure: continue, needs: [a] }") == [])
    #expect(found("notification-on-critical-path", "a: { \(send) }") == ["`a` sends a message and can hold `lost` up: its failure stops the run"])
    #expect(
      found("notification-on-critical-path", "a: { \(send), onFailure: continue }\nb: { operator.confirm: { ask: go? }, needs: [a] }")
        == ["`a` sends a message and can hold `lost` up: `b` waits for it"])
  }

  @Test("a time to live is judged by the target, and by nothing where there is none") func timeToLive() {
    let zone = (old: "servers:\n", new: "servers:\n  zone: { dns: { zone: x.example, host: ns } }\n")
    func found(_ ttl: String, _ more: (old: String, new: String)...) -> [DiagnosticCode] {
      linted([zone] + more, steps: "record: { dns.record: { name: api, to: west\(ttl) } }").diagnostics.map(\.code).filter { $0.rawValue.hasPrefix("dns-") }
    }
    #expect(found("") == ["dns-ttl-missing"])
    #expect(found(", ttl: 24m") == [] && found(", ttl: 25m") == ["dns-ttl-over-budget"])
    #expect(found(", ttl: 25m", ("objectives: { rto: 4h, rpo: 1h }", "objectives: { rpo: 1h }")) == [])
  }
}
