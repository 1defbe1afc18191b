import Concurrency
import EventBus
import Logging
import NIOConcurrencyHelpers

/// What the channel did not bring, out of the journal.
extension BroadcastHub {
  /// Between two looks at the ends of the journal's partitions.
  private static let comparisonInterval = Duration.seconds(1)

  /// Brings the sequence from where it broke to the present, out of the journal.
  func catchUp(_ generation: BroadcastSequence.Generation) async {
    var replay: JournalReplay?
    var retries = Retries(Backoff(first: .milliseconds(50), longest: .seconds(1)))
    while !Task.isCancelled, state.withLockedValue({ $0.sequence.generation == generation }) {
      do {
        if replay == nil { replay = try await beginCatchingUp(generation) }
        let isFinished =
          replay == nil
          ? state.withLockedValue { $0.sequence.finishCatchingUp(generation) }
          : try await readOn(&replay!, generation)
        sendNext()
        if isFinished { return }
        retries.succeeded()
      } catch {
        // The first of a row says it.
        logger.log(
          level: retries.failures == 0 ? .warning : .debug,
          "the journal cannot be read; trying again", metadata: ["reason": "\(error)"])
        // Cancelled only when the hub stops; the loop's condition sees it.
        try? await Task.sleep(for: retries.failed())
      }
    }
  }

  /// - Returns: nil when there is nothing to catch up with.
  private func beginCatchingUp(
    _ generation: BroadcastSequence.Generation
  ) async throws(BusError) -> JournalReplay? {
    let last = try await endOfJournal()
    let tail: JournalCursor? = state.withLockedValue { state in
      guard generation == state.sequence.generation else { return nil }
      let hasSubscribers = state.subscribers > 0
      return state.sequence.startsFromJournal(last: last, hasSubscribers: hasSubscribers)
        ? state.sequence.tail : nil
    }
    return tail.map {
      JournalReplay(journal: journal, after: $0, skipsWhatCannotBeRead: true, configuration)
    }
  }

  /// - Returns: whether the sequence is live.
  private func readOn(
    _ replay: inout JournalReplay, _ generation: BroadcastSequence.Generation
  ) async throws(BusError) -> Bool {
    // Never more than a page waits.
    await waitUntilDrained()
    let step = try await replay.next()
    let position = replay.position
    return state.withLockedValue { state in
      switch step {
      case .entries(let entries):
        let messages = entries.compactMap { LiveMessage($0) }
        state.sequence.caughtUp(generation, with: messages, last: position)
      case .gap(let gap):
        state.sequence.found(gap, isRestart: false, generation)
      case .restart(let gap):
        state.sequence.found(gap, isRestart: true, generation)
      case .end:
        return state.sequence.finishCatchingUp(generation)
      }
      return false
    }
  }

  /// A partition that cannot be asked ends where the sequence is: the others go on, and its next message says that
  /// something is missing.
  ///
  /// - Throws: when none can be asked.
  private func endOfJournal() async throws(BusError) -> JournalCursor {
    var end = JournalCursor(partitions: partitionCount)
    if let tail = state.withLockedValue({ $0.sequence.tail }) { end = tail }
    var failures: [BusError] = []
    for (index, partition) in journal.partitions.enumerated() {
      do throws(BusError) {
        end[index] = try await partition.state().last
      } catch {
        failures.append(error)
      }
    }
    if failures.count == partitionCount, let failure = failures.first { throw failure }
    return end
  }

  /// Looks again and again whether the channel has brought what the journal has: the last message that was lost is
  /// missed by none behind it. Until the task is cancelled.
  func compareWithJournal() async {
    while true {
      do { try await Task.sleep(for: Self.comparisonInterval) } catch { return }
      // Who reads the journal next says why it cannot be read.
      guard let end = try? await endOfJournal() else { continue }
      if let generation = state.withLockedValue({ $0.sequence.compare(withEnd: end) }) {
        logger.warning("the channel has lost events; going on from the journal")
        addJob.yield(.catchUp(generation))
      }
    }
  }
}
