import Concurrency

/// A condition did not come true in time.
public struct EventuallyFailure: Error, CustomStringConvertible {
  public let description: String
}

/// Waits until `condition` holds.
/// - Parameters:
///   - deadline: how long to wait, at most. Long, for machines that are busy or watched by a sanitizer.
///   - what: what is waited for, for the failure's message.
/// - Throws: `EventuallyFailure` with the place and the last error that `condition` threw.
public func eventually(
  within deadline: Duration = .seconds(60), _ what: String = "the condition",
  fileID: String = #fileID, line: Int = #line,
  isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + deadline
  var pauses = Retries(
    Backoff(first: .milliseconds(5), longest: .milliseconds(100), jitter: .none))
  while true {
    var lastError: (any Error)?
    do {
      if try await condition() { return }
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      lastError = error
    }
    guard clock.now < end else {
      let cause = lastError.map { "; the last attempt threw: \($0)" } ?? ""
      throw EventuallyFailure(
        description: "\(what) did not come true within \(deadline) (\(fileID):\(line))\(cause)")
    }
    try await Task.sleep(for: pauses.failed())
  }
}
