import Events
import Sessions
import Testing

@testable import FirestoreSource

struct SessionOutcomeTests {
  private static let attempt = Timestamp(microseconds: 2_000_000)
  private static let first = Timestamp(microseconds: 1_000_000)

  private func row(
    _ status: OutcomeRow.SyncStatus, error: String? = nil, attempts: Int64 = 0,
    isAbandoned: Bool = false, hasRecord: Bool = false
  ) -> OutcomeRow {
    OutcomeRow(
      key: "k", change: 1, changedAt: Self.attempt,
      owner: SessionOwner(userID: "u", sessionID: "s"), status: status,
      syncedAt: status == .synced ? Self.attempt : nil, error: error, attempts: attempts,
      isAbandoned: isAbandoned, failedAt: Self.first, hasRecord: hasRecord)
  }

  @Test func nothingIsToldBeforeTheFirstAttempt() {
    #expect(SessionOutcome(row(.pending), maximumAttempts: 10) == nil)
  }

  @Test func aFirstSuccessLeavesNoRecord() throws {
    let outcome = try #require(SessionOutcome(row(.synced), maximumAttempts: 10))
    #expect(
      outcome.session == [
        "bigquerySyncStatus": .string("synced"), "bigquerySyncedAt": .timestamp(Self.attempt),
        "bigquerySyncError": .null, "bigquerySyncRetryCount": .integer(0),
      ])
    #expect(outcome.record == nil)
  }

  @Test(arguments: [
    (OutcomeRow.SyncStatus.pending, Int64(1), false, "pending"), (.pending, 9, false, "pending"),
    (.failed, 1, false, "pending"), (.failed, 10, false, "abandoned"),
    (.pending, 11, false, "abandoned"), (.failed, 1, true, "abandoned"),
  ])
  func aFailureIsPendingUntilTenAttemptsOrUntilItIsCleared(
    status: OutcomeRow.SyncStatus, attempts: Int64, isAbandoned: Bool, expected: String
  ) throws {
    let outcome = try #require(
      SessionOutcome(
        row(status, error: "HTTP 503", attempts: attempts, isAbandoned: isAbandoned),
        maximumAttempts: 10))
    #expect(
      outcome.session == [
        "bigquerySyncStatus": .string("failed"), "bigquerySyncError": .string("HTTP 503"),
        "bigquerySyncRetryCount": .integer(attempts),
      ], "when it was synced before stays")
    let record = try #require(outcome.record)
    #expect(
      record.fields == [
        "userId": .string("u"), "sessionId": .string("s"), "failureReason": .string("HTTP 503"),
        "retryCount": .integer(attempts), "createdAt": .timestamp(Self.first),
        "lastRetryAt": attempts > 1 ? .timestamp(Self.attempt) : .null, "resolvedAt": .null,
        "status": .string(expected),
      ])
  }

  @Test func aSuccessAfterAFailureResolvesItsRecord() throws {
    let outcome = try #require(
      SessionOutcome(row(.synced, attempts: 3, hasRecord: true), maximumAttempts: 10))
    #expect(
      outcome.record
        == SessionOutcome.FailureRecord(
          status: .resolved,
          fields: [
            "status": .string("resolved"), "retryCount": .integer(3),
            "resolvedAt": .timestamp(Self.attempt),
          ]))
  }

  @Test func longWordsAreCut() throws {
    let outcome = try #require(
      SessionOutcome(
        row(.failed, error: String(repeating: "é", count: 5_000), attempts: 1),
        maximumAttempts: 10))
    #expect(outcome.session["bigquerySyncError"]?.text?.count == 1_000)
  }

  @Test func recordsOfTwoUsersWithOneSessionsIDAreTwo() {
    let ids = [("u", "s"), ("us", ""), ("", "us"), ("1:u", "s")].map {
      SessionOwner(userID: $0.0, sessionID: $0.1).recordID
    }
    #expect(Set(ids).count == 4)
    #expect(ids.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{32}/) != nil })
  }
}
