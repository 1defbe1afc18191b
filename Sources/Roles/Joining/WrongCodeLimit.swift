import HTTPServer
import NIOCore

/// How many wrong codes one client may try: 60 at once, as a school behind one address may mistype, then ten a minute.
///
/// In the two hours of a lesson that is 1,260 of 5,898,240 codes. From any thread.
struct WrongCodeLimit: Sendable {
  private static let limit = RateLimit(interval: .seconds(6), burst: 60)

  private let clients: RateLimiter<ClientAddress?>
  private let now: @Sendable () -> NIODeadline

  init(now: @escaping @Sendable () -> NIODeadline = { .now() }) {
    clients = RateLimiter(Self.limit)
    self.now = now
  }

  /// - Throws: a problem of status 429 for whoever has tried too many.
  func check(_ client: ClientAddress?) throws(Problem) {
    let wait = clients.bucket(of: client).wait(now: now())
    if wait > 0 { throw .tooMany("too many wrong codes came from this address", wait: wait) }
  }

  func noteWrong(_ client: ClientAddress?) {
    clients.bucket(of: client).take(1, now: now())
  }
}
