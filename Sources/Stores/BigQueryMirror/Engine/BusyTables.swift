import Synchronization

/// The tables that a lane works on: one lane a table.
actor BusyTables {
  private var tables: Set<String> = []
  private var isTimeUp = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// False when the table has a lane.
  func begin(_ table: String) -> Bool {
    tables.insert(table).inserted
  }

  func end(_ table: String) {
    tables.remove(table)
    resumeIfDone()
  }

  /// Nobody waits any longer.
  func noteTimeUp() {
    isTimeUp = true
    resumeIfDone()
  }

  /// Returns when no table has a lane, or time is up.
  func waitUntilIdle() async {
    if tables.isEmpty || isTimeUp { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func resumeIfDone() {
    guard tables.isEmpty || isTimeUp else { return }
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

/// Raised once, read from anywhere.
final class StopFlag: Sendable {
  private let raised = Atomic(false)

  var isRaised: Bool { raised.load(ordering: .relaxed) }

  func raise() { raised.store(true, ordering: .relaxed) }
}
