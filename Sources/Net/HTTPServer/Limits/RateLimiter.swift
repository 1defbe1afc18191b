import NIOCore
import Synchronization

/// The buckets of all clients of a process. Ask once a connection and keep the bucket: what a request costs is then one
/// atomic number. Any thread.
///
/// Bounded: a bucket that nobody holds and that is full says nothing, and goes when room is needed. While there is
/// none, a client that is not known gets a bucket of its own for each connection.
public final class RateLimiter<Key: Hashable & Sendable>: Sendable {
  private struct State {
    var buckets: [Key: TokenBucket] = [:]
    /// When it is worth while to look for room again.
    var nextSweep = NIODeadline.uptimeNanoseconds(0)
  }

  /// Event loops seldom meet in one of them.
  private final class Shard: Sendable {
    let state = Mutex(State())
  }

  public let limit: RateLimit
  private let shards: [Shard]
  private let capacityOfShard: Int

  /// - Parameter capacity: clients that are remembered at most; some 100 bytes each.
  public init(_ limit: RateLimit, capacity: Int = 65_536) {
    self.limit = limit
    shards = (0..<16).map { _ in Shard() }
    capacityOfShard = max(1, capacity / shards.count)
  }

  /// - Parameter limit: nil for none, which makes no limiter.
  public convenience init?(_ limit: RateLimit?, capacity: Int = 65_536) {
    guard let limit else { return nil }
    self.init(limit, capacity: capacity)
  }

  /// The client's bucket, the same for all who ask while one of them holds it or it is not full.
  public func bucket(of key: Key) -> TokenBucket {
    shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))].state.withLock { state in
      if let known = state.buckets[key] { return known }
      let bucket = TokenBucket(limit)
      if state.buckets.count >= capacityOfShard { sweep(&state, now: .now()) }
      if state.buckets.count < capacityOfShard { state.buckets[key] = bucket }
      return bucket
    }
  }

  /// Clients that are remembered now.
  var count: Int { shards.reduce(0) { $0 + $1.state.withLock { $0.buckets.count } } }

  private func sweep(_ state: inout State, now: NIODeadline) {
    guard now >= state.nextSweep else { return }
    var index = state.buckets.values.startIndex
    var idle: [Key] = []
    while index != state.buckets.values.endIndex {
      // One that a connection holds may be taken from at any moment; others only through this lock.
      if isKnownUniquelyReferenced(&state.buckets.values[index]),
        state.buckets.values[index].isFull(now: now)
      {
        idle.append(state.buckets[index].key)
      }
      state.buckets.values.formIndex(after: &index)
    }
    for key in idle { state.buckets[key] = nil }
    if idle.count < capacityOfShard / 16 + 1 { state.nextSweep = now + .seconds(1) }
  }
}
