internal import Foundation

/// HTTP through libcurl, on one thread of its own that keeps connections alive between requests.
///
/// Safe from any task. Proxies come from the environment, as libcurl reads it (`https_proxy`,
/// `no_proxy`). The thread ends with `shutdown()`, or when the last reference goes.
public final class CurlTransport: HTTPTransport {
  private let inbox = TransferInbox()

  public init(_ configuration: CurlConfiguration = CurlConfiguration()) {
    let thread = Thread { [inbox] in
      TransferLoop.run(inbox: inbox, configuration: configuration)
    }
    thread.name = "curl"
    thread.start()
  }

  deinit {
    inbox.close()
  }

  public func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let cancellation = Cancellation()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        inbox.submit(
          Submission(request: request, cancellation: cancellation, continuation: continuation))
      }
    } onCancel: {
      cancellation.request()
      inbox.noteCancellation()
    }
    return try result.get()
  }

  public func shutdown() async {
    inbox.close()
    await inbox.waitForEnd()
  }
}
