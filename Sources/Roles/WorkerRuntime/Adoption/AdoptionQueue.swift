import EventBus
import NIOCore
import Synchronization

/// Hand-published messages on their way from the channel's event loop to the adopter, in order.
final class AdoptionQueue: Sendable {
  struct Message: Sendable {
    let ticket: AdoptionTicket
    let payload: ByteBuffer
  }

  let messages: AsyncStream<Message>
  private let continuation: AsyncStream<Message>.Continuation
  private let limit: Int
  private let waitingBytes = Atomic<Int>(0)

  /// - Parameter limit: Bytes of payload that may wait.
  init(limit: Int) {
    self.limit = limit
    (messages, continuation) = AsyncStream.makeStream()
  }

  /// - Returns: false when there is no room.
  func append(_ message: Message) -> Bool {
    let size = cost(message)
    guard waitingBytes.load(ordering: .relaxed) + size <= limit else { return false }
    waitingBytes.add(size, ordering: .relaxed)
    continuation.yield(message)
    return true
  }

  func settled(_ message: Message) {
    waitingBytes.subtract(cost(message), ordering: .relaxed)
  }

  /// No more messages come; those that wait are still handed out.
  func finish() {
    continuation.finish()
  }

  /// An empty message takes room as well.
  private func cost(_ message: Message) -> Int {
    message.payload.readableBytes + 128
  }
}
