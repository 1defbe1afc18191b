import Concurrency
import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// Wakes readers when something has come into some partition of a cluster's journal. No command waits for keys of two
/// slots, so each partition has a connection that waits, for all readers of the process together and only while one
/// waits. It takes nothing from any group: readers look for themselves.
final class JournalArrivals: Sendable {
  /// The longest that one command blocks.
  private static let longestBlock = Duration.seconds(1)

  private struct State {
    /// Counts what readers have to look for.
    var version: UInt64 = 0
    var nextWaiter = 0
    var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
    /// Of the partitions' tasks that wait for a reader.
    var idle: [AsyncStream<Void>.Continuation] = []
  }

  private let connector: PrimaryConnector
  private let eventLoop: any EventLoop
  private let state = NIOLockedValueBox(State())

  init(_ connector: PrimaryConnector, on eventLoop: any EventLoop) {
    self.connector = connector
    self.eventLoop = eventLoop
  }

  /// What has come so far. Take it before looking.
  var version: UInt64 { state.withLockedValue { $0.version } }

  /// Waits until something may have come that was not there at `version`.
  ///
  /// - Returns: false when nothing has within `limit`, or the task was cancelled.
  func wait(since version: UInt64, limit: Duration) async -> Bool {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let (number, idle) = state.withLockedValue { state in
      state.nextWaiter += 1
      state.waiters[state.nextWaiter] = continuation
      if state.version != version { continuation.yield() }
      defer { state.idle = [] }
      return (state.nextWaiter, state.idle)
    }
    for task in idle { task.yield() }
    defer { state.withLockedValue { $0.waiters[number] = nil } }
    return await withTaskGroup(of: Bool.self) { group in
      group.addTask { await stream.first { _ in true } != nil }
      group.addTask {
        try? await Task.sleep(for: limit)
        return false
      }
      let isWoken = await group.next() ?? false
      group.cancelAll()
      return isWoken
    }
  }

  private func wake() {
    let waiters = state.withLockedValue { state in
      state.version += 1
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.yield() }
  }

  private func waitForReader() async {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    state.withLockedValue { state in
      if state.waiters.isEmpty { state.idle.append(continuation) } else { continuation.yield() }
    }
    _ = await stream.first { _ in true }
  }

  /// Until the task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      for index in connector.configuration.keys.journals.indices {
        group.addTask { await self.watch(index) }
      }
    }
  }

  private func watch(_ index: Int) async {
    var retries = Retries(RedisLink.backoff)
    var end: String?
    while !Task.isCancelled {
      await waitForReader()
      guard !Task.isCancelled else { return }
      do {
        let connection = try await connector.connect(
          as: "journal", to: .partition(index), on: eventLoop
        ).get()
        defer { connection.close() }
        try await withTaskCancellationHandler {
          try await watch(index, by: connection, from: &end) { retries.succeeded() }
        } onCancel: {
          connection.close()
        }
      } catch {
        // The links of the same node tell of the fault.
        try? await Task.sleep(for: retries.failed())
      }
    }
  }

  /// Readers are woken when the end of the stream is another than it was when they were woken last. What came before
  /// that they have looked for since.
  private func watch(
    _ index: Int, by connection: RedisConnection, from end: inout String?, succeeded: () -> Void
  ) async throws {
    let journal = connector.configuration.keys.journals[index]
    let question = ScriptCall(.endOfJournal, keys: [journal])
    let command = question.script.bySource(question.byDigest(""))
    while true {
      let reply = try await connection.send(command).get()
      if case .error(let error) = reply { throw error }
      let found = reply.text ?? "0-0"
      if found != end {
        end = found
        wake()
      }
      let milliseconds = Self.longestBlock.millisecondsRoundedUp
      let waiting = RedisCommand(
        [
          "XREAD", "COUNT", 1, "BLOCK", .integer(milliseconds), "STREAMS", .string(journal),
          .string(found),
        ], blocksFor: .milliseconds(Int64(milliseconds)))
      if case .error(let error) = try await connection.send(waiting).get() { throw error }
      succeeded()
      await waitForReader()
      try Task.checkCancellation()
    }
  }
}
