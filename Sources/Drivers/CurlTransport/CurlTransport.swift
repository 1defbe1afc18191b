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

  public func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
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

/// How a `CurlTransport` connects.
public struct CurlConfiguration: Sendable, Equatable {
  /// The most connections to one host at a time; further requests wait for a free one.
  public var connectionsPerHost: Int
  /// A PEM file of the certificate authorities to trust; nil for the system's.
  public var certificateAuthorityFile: String?
  /// The `User-Agent` header.
  public var userAgent: String

  public init(
    connectionsPerHost: Int = 4, certificateAuthorityFile: String? = nil,
    userAgent: String = "ProgressBus"
  ) {
    self.connectionsPerHost = connectionsPerHost
    self.certificateAuthorityFile = certificateAuthorityFile
    self.userAgent = userAgent
  }
}
