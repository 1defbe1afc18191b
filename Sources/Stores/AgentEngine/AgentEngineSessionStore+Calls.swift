import Concurrency
import GoogleCalls
import HTTPTypes
import Sessions

// Writes that are tried again, and operations that are waited for.
extension AgentEngineSessionStore {
  private static let tries = 3

  /// Makes a write, again when it failed, and as long as the quota wants it to wait.
  ///
  /// - Parameter isDone: whether a write whose answer was lost was made.
  @discardableResult
  func write(
    _ kind: SessionWrite, _ pacing: any WritePacing, _ call: GoogleCall,
    isDone: () async throws(SessionStoreError) -> Bool = { false }
  ) async throws(SessionStoreError) -> SessionValue {
    var retries = Retries(retryDelay)
    var throttled = 0
    var mayBeDone = false
    while true {
      await pacing.pass(kind)
      let failure: GoogleCallError
      do throws(GoogleCallError) { return try await client.send(call) } catch { failure = error }
      let error = failure.storeError
      if case .throttled(let wait) = error, throttled < GoogleClient.patientQuotaTries,
        !Task.isCancelled
      {
        throttled += 1
        await pacing.slowDown(kind, for: wait)
        continue
      }
      mayBeDone = mayBeDone || failure.mayHaveActed
      guard failure.isTransient, !Task.isCancelled else { throw error }
      let wait = retries.failed(retryAfter: failure.retryAfter)
      let isLast = retries.failures >= Self.tries
      if !isLast || mayBeDone { try? await Task.sleep(for: wait) }
      if mayBeDone, try await isDone() { return .map(["done": .boolean(true)]) }
      guard !isLast else { throw error }
    }
  }

  /// Waits for the end of an operation.
  ///
  /// - Returns: its response.
  func finish(_ operation: SessionValue) async throws(SessionStoreError) -> SessionValue {
    let clock = ContinuousClock()
    let end = clock.now + configuration.operationTimeout
    // A session is made in well under a second; Google's client asks at once and then every half second.
    var waits = Retries(
      Backoff(first: .milliseconds(20), longest: .seconds(1), jitter: .none))
    var operation = operation
    var isFirst = true
    while operation["done"] != .boolean(true) {
      guard let name = operation["name"]?.text else { throw .refused("there is no operation") }
      guard clock.now < end else { throw .unavailable("the operation does not end") }
      if !isFirst { try? await Task.sleep(for: waits.failed()) }
      isFirst = false
      if Task.isCancelled { throw .unavailable("the task was cancelled") }
      do throws(GoogleCallError) {
        operation = try await client.send(GoogleCall(.get, "/v1/\(name)"))
      } catch {
        // A missing operation is no missing session.
        throw error.storeError == .missing
          ? .unavailable("the operation is gone") : error.storeError
      }
    }
    if let error = operation["error"] {
      throw GoogleCallError(
        code: error["code"]?.number.flatMap { Int(exactly: $0) } ?? 2,
        message: error["message"]?.text ?? ""
      ).storeError
    }
    return operation["response"] ?? .map([:])
  }
}
