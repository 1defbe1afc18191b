import API
import Foundation
import Testing

/// A case of the rule that the server and the page share. Times are seconds ago.
struct StateCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Learner: Decodable, Sendable {
    let firstSeen: Int
    let lastSeen: Int
    let lastSuccess: Int?
    let helpSince: Int?
    let errorsInARow: Int
    let solved: Int
    let remaining: Int
    let notebookClosed: Bool
    let failedChecks: Int?
    let runningSince: Int?
    let failingSince: Int?
    let lastChecked: Int?
  }

  struct Expected: Decodable, Sendable, Equatable {
    let state: String
    let reason: String
    let since: Double?
    let count: Int?
  }

  struct Rules: Decodable, Sendable {
    let idleSeconds: Int?
    let stuckErrors: Int?
    let stuckSeconds: Int?
    let behindRatio: Double?
  }

  let name: String
  let medianSolved: Double
  let requiredCells: Int
  let learner: Learner
  let rules: Rules?
  let expected: Expected

  var testDescription: String { name }

  static let all: [StateCase] = Fixture.read("learner-states.json", as: Table.self).cases

  private struct Table: Decodable { let cases: [StateCase] }
}
