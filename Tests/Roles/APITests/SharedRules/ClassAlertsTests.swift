import Events
import Foundation
import Testing

@testable import API

/// The table of `class-alerts.json`, which the page's tests run too (`class-alerts.test.js`).
struct ClassAlertsTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Rules: Decodable, Sendable {
      let learners: Int
      let share: Double
      let seconds: Int
    }

    /// Times are seconds ago.
    struct Group: Decodable, Sendable {
      struct Run: Decodable, Sendable {
        let cell: String
        let index: Int?
        let ago: Int
        let failed: Bool
        let error: String?
      }

      struct Check: Decodable, Sendable {
        let exercise: String
        let cell: String?
        let ago: Int
        let failed: Bool
      }

      let learners: Int
      let seen: Int
      let run: Run?
      let check: Check?
    }

    struct Expected: Decodable, Sendable, Equatable {
      let exercise: String?
      let cell: String?
      let index: Int?
      let failing: Int
      let atWork: Int
      let error: String?
      let errorLearners: Int
      let text: String
    }

    let name: String
    let rules: Rules?
    let learners: [Group]
    let expected: [Expected]

    var testDescription: String { name }

    static let all = Fixture.read("class-alerts.json", as: Table.self).cases

    private struct Table: Decodable { let cases: [Case] }
  }

  private static let now = Timestamp(microseconds: 1_800_000_000_000_000)

  private static func ago(_ seconds: Int) -> Timestamp {
    Timestamp(microseconds: now.microseconds - Int64(seconds) * 1_000_000)
  }

  private static func learner(_ group: Case.Group) -> LearnerAtWork {
    LearnerAtWork(
      lastSeenAt: ago(group.seen),
      lastRun: group.run.map {
        .init(
          cell: $0.cell, index: $0.index, at: ago($0.ago), failed: $0.failed,
          errorName: $0.error)
      },
      lastCheck: group.check.map {
        .init(exercise: $0.exercise, cell: $0.cell, index: nil, at: ago($0.ago), failed: $0.failed)
      })
  }

  @Test(arguments: Case.all) func alertsAreThoseOfTheTable(_ example: Case) {
    var rules = ClassAlertRules.standard
    if let other = example.rules {
      rules.learners = other.learners
      rules.share = other.share
      rules.seconds = other.seconds
    }
    let learners = example.learners.flatMap {
      Array(repeating: Self.learner($0), count: $0.learners)
    }
    let found = rules.alerts(learners, at: Self.now).map { alert in
      let isOfCell = alert.exercise == nil
      return Case.Expected(
        exercise: alert.exercise, cell: isOfCell ? alert.cell : nil,
        index: isOfCell ? alert.index : nil, failing: alert.failing, atWork: alert.atWork,
        error: alert.commonError?.name, errorLearners: alert.commonError?.learners ?? 0,
        text: alert.text())
    }
    #expect(found == example.expected)
  }
}
