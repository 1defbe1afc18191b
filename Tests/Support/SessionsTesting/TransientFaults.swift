public import ProgressBusTesting
import Synchronization

/// Faults of Agent Engine that pass: 503s, and answers that are lost after the save, each for the first try of a
/// request alone, so that no bound on tries is met by chance, and a 429 for every tenth request.
public final class TransientFaults: Sendable {
  private let seen = Mutex<Set<String>>([])

  public init() {}

  /// - Parameter number: of the request, from 1.
  public func fault(_ request: RecordedRequest, _ number: Int) -> AgentEngineStub.Fault? {
    let isNew = seen.withLock { $0.insert("\(request.target) \(request.text)").inserted }
    if number.isMultiple(of: 10) {
      return .answer(429, status: "RESOURCE_EXHAUSTED", retryAfter: 0)
    }
    guard isNew, request.method != "GET" else { return nil }
    if number.isMultiple(of: 7) { return .cutAfter }
    return number % 5 == 1 ? .answer(503, status: "UNAVAILABLE") : nil
  }
}
