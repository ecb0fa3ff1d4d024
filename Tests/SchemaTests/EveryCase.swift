import CanonicalJSON
import ChangePlanning
import Journaling
import PlanModel
import ProviderInterface
import Units

/// A value of which there is one for each case, one after the other: a new case does not compile until it is in the row.
protocol EveryCase: Sendable { static func next(after last: Self?) -> Self? }

extension EveryCase {
  static var every: [Self] { Array(sequence(state: Self?.none) { last in last = next(after: last); return last }) }
}

extension PlannedStep.Basis: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .facts(["target": "absent", "tables": 3, "missing": ["a"], "nested": ["is": nil]])
    case .facts: .decidedByEarlierSteps
    case .decidedByEarlierSteps: .unreachable(reason: "no answer within 5s")
    case .unreachable: .nothingToObserve
    case .nothingToObserve: nil
    }
  }
}

extension StepSpecification.Undo: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .nothingToUndo
    case .nothingToUndo: .byKind("drops the database")
    case .byKind: .step(.init(kind: "command.run", arguments: StepArguments(["run": ["tell"]]), timeout: .minutes(1), retries: 2))
    case .step: .irreversible(reason: "a message cannot be called back")
    case .irreversible: .unknown
    case .unknown: nil
    }
  }
}

extension Requirement: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .secret("pg-url")
    case .secret: .server("pg-east")
    case .server: .anyStore(["near", "far"])
    case .anyStore: .store("near")
    case .store: nil
    }
  }
}

extension SecretSource: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .env("PG_URL")
    case .env: .file("url.txt")
    case .file: .command(["pass", "show", "pg"])
    case .command: nil
    }
  }
}

extension OutputValue: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .text("20261124T081534Z-4f2a91")
    case .text: .secret(SecretReference(name: "pg-url", source: .env("PG_URL")))
    case .secret: nil
    }
  }
}

extension Observation.Reach: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .observed
    case .observed: .unreachable(reason: "connection refused")
    case .unreachable: .nothingToObserve
    case .nothingToObserve: nil
    }
  }
}

extension Settlement: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .done(StepResult(summary: "restored"))
    case .done: .notDone
    case .notDone: .unknown("look at the database `orders`")
    case .unknown: nil
    }
  }
}

extension Outcome.Ending: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .done(StepResult(summary: "set", outputs: ["point": .text("a")], undoRecord: ["database": "orders"], measurements: ["rows": 7]))
    case .done: .unchanged
    case .unchanged: .failed(StepFailure("no-such-server", "the server is gone", details: ["asked 3 times"], helps: ["start it"], transient: true))
    case .failed: .timedOut(StepFailure("timed-out", "not done after 1m"))
    case .timedOut: .cancelled
    case .cancelled: nil
    }
  }
}

extension PauseReason: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .stepFailed("restore")
    case .stepFailed: .moved("restore")
    case .moved: .inDoubt(["restore", "switch"])
    case .inDoubt: .unanswered("ask")
    case .unanswered: .didNotStop("restore")
    case .didNotStop: .rollbackHeldBack("rollback-before")
    case .rollbackHeldBack: .unapproved(Gate())
    case .unapproved: nil
    }
  }
}

extension RollbackReason: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .stepFailed("restore")
    case .stepFailed: .requested(by: "ada")
    case .requested: .trialOver
    case .trialOver: nil
    }
  }
}

extension RunResult: EveryCase {
  static func next(after last: Self?) -> Self? {
    switch last {
    case nil: .done
    case .done: .failed
    case .failed: .paused(.stepFailed("restore"))
    case .paused: .rolledBack
    case .rolledBack: .rollbackIncomplete
    case .rollbackIncomplete: .interrupted(.terminate)
    case .interrupted: nil
    }
  }
}
