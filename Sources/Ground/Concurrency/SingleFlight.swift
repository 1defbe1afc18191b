import NIOConcurrencyHelpers

/// Several callers of one key share one call. Safe from any thread.
///
/// Nothing is kept: once a call has ended, the next caller starts a new one. Who wants to keep the
/// value does so as the call's last act; then nobody finds neither the call nor what it brought.
public final class SingleFlight<Key: Hashable & Sendable, Value: Sendable, Failure: Error>: Sendable
{
  /// A call under way. It is not a child of any caller's task: a caller that is cancelled leaves it to
  /// the others.
  public typealias Call = Task<Result<Value, Failure>, Never>

  private let calls = NIOLockedValueBox<[Key: Call]>([:])

  public init() {}

  /// What the call of `key` brings: the one under way, else a new one.
  public func value(
    for key: Key, _ body: @escaping @Sendable () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await call(for: key, body).value.get()
  }

  /// The call of `key`, begun if none is under way.
  @discardableResult
  public func call(
    for key: Key, _ body: @escaping @Sendable () async throws(Failure) -> Value
  ) -> Call {
    calls.withLockedValue { calls in
      if let call = calls[key] { return call }
      let call = Call {
        let result: Result<Value, Failure>
        do throws(Failure) { result = .success(try await body()) } catch {
          result = .failure(error)
        }
        // Waits for the lock, so it comes after the call has been written down.
        self.calls.withLockedValue { $0[key] = nil }
        return result
      }
      calls[key] = call
      return call
    }
  }
}

/// The key of a single flight that has only one thing to bring.
public struct OnlyKey: Hashable, Sendable {
  public init() {}
}

extension SingleFlight where Key == OnlyKey {
  /// What the call brings: the one under way, else a new one.
  public func value(
    _ body: @escaping @Sendable () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await value(for: OnlyKey(), body)
  }
}
