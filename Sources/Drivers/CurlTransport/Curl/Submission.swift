/// A request on its way to the curl thread.
struct Submission: Sendable {
  let request: HTTPRequest
  let cancellation: Cancellation
  let continuation: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

  func fail(_ reason: TransportError.Reason) {
    continuation.resume(returning: .failure(TransportError(reason)))
  }
}
