import EventBus
import Events
import NIOCore

/// Finds the events of a request whose sender's clock is wrong, and when they happened. Asked only where a clock is
/// in doubt.
struct SenderClocks {
  private static let members = JSONMembers(["student_id", "occurred_at"])

  /// What is known of a learner while the events of a request are gone through.
  private struct Learner {
    var newest: Timestamp
    /// The moment of the last event that was not taken at its word.
    var lastByReceipt: Timestamp?
  }

  private var tape = JSONTape()
  private var values: [Int] = []

  /// The clock of who sent the request; nil when it does not say what time it is there, or what no event may say.
  func clock(
    saying sentAt: Timestamp?, at receivedAt: Timestamp, limits: EventLimits
  ) -> SenderClock? {
    guard let sentAt,
      sentAt.microseconds - receivedAt.microseconds <= limits.microsecondsAhead
    else { return nil }
    return SenderClock(saying: sentAt, at: receivedAt)
  }

  /// The moments of those events that did not happen when they say, by their place in the request.
  ///
  /// - Parameter clock: the sender's; nil when it is to be told from the newest event of each learner: one request
  ///   may bring the events of several machines.
  mutating func corrections(
    of batch: DecodedBatch, by clock: SenderClock?, receivedAt: Timestamp
  ) -> [Int: Timestamp] {
    var events: [(index: Int, learner: String, occurredAt: Timestamp)] = []
    var learners: [String: Learner] = [:]
    for (accepted, event) in zip(batch.accepted, batch.events) {
      guard let (learner, occurredAt) = read(event.payload) else { continue }
      events.append((accepted.index, learner, occurredAt))
      let newest = max(learners[learner]?.newest ?? occurredAt, occurredAt)
      learners[learner] = Learner(newest: newest)
    }
    var corrections: [Int: Timestamp] = [:]
    for (index, id, occurredAt) in events {
      guard var learner = learners[id] else { continue }
      // A request is in the order in which things happened, and stays so.
      let receivedAt = Timestamp(microseconds: receivedAt.microseconds + Int64(index))
      let clock = clock ?? Self.clock(ofNewest: learner.newest, receivedAt: receivedAt)
      // The sender left it to the server.
      let isOfServer = occurredAt == receivedAt
      let told = isOfServer ? occurredAt : clock.moment(of: occurredAt, receivedAt: receivedAt)
      var moment = told ?? receivedAt
      if let last = learner.lastByReceipt, moment <= last {
        moment = Timestamp(microseconds: last.microseconds + 1)
      }
      if learner.lastByReceipt != nil || told == nil { learner.lastByReceipt = moment }
      learners[id] = learner
      if moment != occurredAt { corrections[index] = moment }
    }
    return corrections
  }

  /// Where the newest event is ahead, the others say nothing: each is held against its receipt.
  private static func clock(ofNewest newest: Timestamp, receivedAt: Timestamp) -> SenderClock {
    newest > receivedAt ? .right : SenderClock(saying: newest, at: receivedAt)
  }

  /// Nil for an event of a kind that has no learner.
  private mutating func read(_ event: ByteBuffer) -> (learner: String, occurredAt: Timestamp)? {
    event.withUnsafeReadableBytes { bytes in
      do { try tape.scan(bytes.assumingMemoryBound(to: UInt8.self)) } catch { return nil }
      values.removeAll(keepingCapacity: true)
      Self.members.findValues(in: tape, bytes, appendingTo: &values)
      func text(_ member: Int) -> UnsafeRawBufferPointer? {
        guard values[member] != JSONMembers.absent else { return nil }
        let token = tape.tokens[values[member]]
        return UnsafeRawBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
      }
      guard let learner = text(0), let moment = text(1),
        let occurredAt = Timestamp(rfc3339: moment)
      else { return nil }
      return (String(decoding: learner, as: UTF8.self), occurredAt)
    }
  }
}
