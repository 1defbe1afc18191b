import NIOCore
import NIOHTTP1

/// Where one HTTP/1.1 connection stands, and until when it may stand there. At most one request is
/// in flight.
struct HTTPConnectionState {
  enum Expiry: Equatable {
    /// Nothing is late; ask again at this time.
    case notYet(NIODeadline)
    /// Close without a word: nobody waits for an answer, or half of it is out already.
    case close
    /// Answer 408 and close.
    case answerTimeout
  }

  /// What to do once the response has been written.
  enum AfterResponse: Equatable {
    case keepAlive
    case close
  }

  private let headTimeout: TimeAmount
  private let idleTimeout: TimeAmount
  private let bodyTimeout: TimeAmount
  /// When to ask for `expiry` at the latest.
  private(set) var deadline: NIODeadline
  private var isReceivingBody = false
  private var hasHadRequest = false
  private var closesAfterResponse = false
  private var isShuttingDown = false
  private(set) var isResponsePending = false
  private(set) var hasResponseBegun = false
  private(set) var isLingering = false
  private(set) var isSwitchingProtocols = false

  init(_ configuration: HTTPServerChannelConfiguration, now: NIODeadline) {
    headTimeout = configuration.headTimeout
    idleTimeout = configuration.idleTimeout
    bodyTimeout = configuration.bodyTimeout
    deadline = now + configuration.headTimeout
  }

  /// The request has come whole and its answer has not left: the next one has to wait.
  var isAnswering: Bool { isResponsePending && !isReceivingBody }

  var isInFlight: Bool { isResponsePending || isReceivingBody }

  /// - Parameter isLast: the request, or its protocol version, ends the connection.
  mutating func requestBegan(isLast: Bool, now: NIODeadline) {
    hasHadRequest = true
    isReceivingBody = true
    isResponsePending = true
    hasResponseBegun = false
    closesAfterResponse = closesAfterResponse || isLast
    setDeadline(now + bodyTimeout)
  }

  mutating func requestEnded(now: NIODeadline) {
    isReceivingBody = false
    setDeadline(isResponsePending ? .distantFuture : now + idleTimeout)
  }

  /// - Parameter isLast: the response says `Connection: close`.
  /// - Returns: whether the connection ends with this response, which must then say so.
  mutating func responseBegan(isLast: Bool) -> Bool {
    hasResponseBegun = true
    closesAfterResponse = closesAfterResponse || isLast
    return closesAfterResponse
  }

  /// The response is 101: what follows is no longer HTTP.
  mutating func switchingProtocols() {
    isSwitchingProtocols = true
  }

  mutating func responseEnded(now: NIODeadline) -> AfterResponse {
    isResponsePending = false
    if isSwitchingProtocols { return .keepAlive }
    if closesAfterResponse { return .close }
    if !isReceivingBody { setDeadline(now + idleTimeout) }
    return .keepAlive
  }

  /// The peer has nothing more to send.
  /// - Returns: true when nothing is in flight, so the connection can close.
  mutating func inputClosed() -> Bool {
    closesAfterResponse = true
    return !isResponsePending
  }

  mutating func lingerBegan(until deadline: NIODeadline) {
    isLingering = true
    self.deadline = deadline
  }

  mutating func shutdownBegan(until deadline: NIODeadline) {
    guard !isLingering else { return }
    isShuttingDown = true
    closesAfterResponse = true
    self.deadline = min(self.deadline, deadline)
  }

  func expiry(now: NIODeadline) -> Expiry {
    if now < deadline {
      return .notYet(min(deadline, now + bodyTimeout))
    }
    let mayAnswer = isReceivingBody && isResponsePending && !hasResponseBegun && !isLingering
    return mayAnswer ? .answerTimeout : .close
  }

  /// What a connection whose time is up has not sent in time; nil where it had nothing to send.
  var lateness: HTTPTimeout? {
    if isLingering || isShuttingDown { return nil }
    if isReceivingBody { return .body }
    return hasHadRequest ? nil : .head
  }

  /// A shutdown's deadline holds whatever the requests do.
  private mutating func setDeadline(_ deadline: NIODeadline) {
    if !isLingering && !isShuttingDown { self.deadline = deadline }
  }
}

/// What the header of a request says about the connection and the host, found in one pass.
struct ConnectionFields {
  private(set) var asksToUpgrade: Bool
  private(set) var expectsContinue = false
  private var hosts = 0
  private var areHostsWellFormed = true

  init(of head: HTTPRequestHead) {
    asksToUpgrade = head.method == .CONNECT
    for (name, value) in head.headers {
      switch name.utf8.count {
      case 4 where name.lowercased() == "host":
        hosts += 1
        areHostsWellFormed = areHostsWellFormed && Self.isHost(value)
      case 6 where name.lowercased() == "expect":
        expectsContinue = value.lowercased() == "100-continue"
      case 7 where name.lowercased() == "upgrade":
        asksToUpgrade = true
      default: break
      }
    }
  }

  /// RFC 9112, section 3.2: whoever routes by `Host` before us must have seen the same one.
  func nameTheHost(in version: HTTPVersion) -> Bool {
    areHostsWellFormed && (hosts == 1 || hosts == 0 && version != .http1_1)
  }

  /// What host and port are made of (RFC 3986, section 3.2); NIO leaves white space behind a value.
  private static func isHost(_ value: String) -> Bool {
    value.utf8.reversed().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      .allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: ":"):
          true
        default: "-._~[]%!$&'()*+,;=".utf8.contains(byte)
        }
      }
  }
}

extension HTTPRequestHead {
  /// Whether the target is one that a server takes: a path, or what two methods have in its place
  /// (RFC 9112, section 3.2).
  var hasServersTarget: Bool {
    uri.utf8.first == UInt8(ascii: "/") || method == .CONNECT || method == .OPTIONS && uri == "*"
  }

  /// Makes of a target such as `http://host/path`, which is for proxies and which every server must
  /// take, the one that clients send to servers; its host counts, whatever `Host` says (RFC 9112,
  /// section 3.2.2).
  /// - Returns: whether it was such a target.
  mutating func takeHostFromTarget() -> Bool {
    guard !hasServersTarget, let separator = uri.firstRange(of: "://"),
      ["http", "https"].contains(uri[..<separator.lowerBound].lowercased())
    else { return false }
    let rest = uri[separator.upperBound...]
    let host = rest.prefix { !"/?#".contains($0) }
    // Without a host it is no such target (RFC 9110, section 4.2.1).
    guard !host.isEmpty else { return false }
    let path = rest[host.endIndex...]
    // None and two stay so where that is refused.
    let hosts = headers["host"].count
    if hosts == 1 || hosts == 0 && version != .http1_1 {
      headers.replaceOrAdd(name: "host", value: String(host))
    }
    uri = path.hasPrefix("/") ? String(path) : "/" + path
    return true
  }
}
