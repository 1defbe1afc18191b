import Concurrency
public import Cryptography
public import CurlTransport
import Foundation
import HTTPServer
import HTTPTypes
public import Logging
import NIOConcurrencyHelpers
import Synchronization

/// Where the public keys of an issuer are asked for.
public protocol KeySetSource: Sendable {
  /// The set as JSON (RFC 7517).
  func keySet() async throws -> [UInt8]
}

/// A JWKS in a file, read again whenever it is asked for.
public struct KeySetFile: KeySetSource {
  let path: String

  public init(path: String) { self.path = path }

  public func keySet() async throws -> [UInt8] {
    // A few kilobytes of a local disk, read when keys are, and never for a request.
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

/// A JWKS at a URL, such as an OpenID provider's `jwks_uri`.
public struct KeySetURL: KeySetSource {
  struct Refused: Error, CustomStringConvertible {
    let status: Int
    var description: String { "the key set was answered with status \(status)" }
  }

  let url: String
  let transport: any HTTPTransport

  public init(_ url: String, transport: any HTTPTransport) {
    self.url = url
    self.transport = transport
  }

  /// Whether a URL is good enough for keys and tokens: nobody on the way can change what is asked there.
  public static func isTrustworthy(_ url: String) -> Bool {
    guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else {
      return false
    }
    return parts.scheme == "https" || parts.scheme == "http" && ClientAddress.isThisMachine(host)
  }

  public func keySet() async throws -> [UInt8] {
    let answer = try await transport.send(
      TransportRequest(
        .get, url, headers: [.accept: "application/json"], timeout: .seconds(10),
        responseLimit: 1 << 20))
    guard answer.isSuccess else { throw Refused(status: answer.status) }
    return answer.body
  }
}

/// The keys that tokens are checked with: a secret, an issuer's key set, or both. Looking up is for every
/// thread and waits for nobody; what is fetched is fetched by `run()`, and once more for an unknown key.
public final class KeyStore: Sendable {
  private struct State {
    var set: JSONWebKeySet?
    var json: [UInt8] = []
    var hasFailed = false
    /// When an unknown key was asked for last.
    var askedAt: ContinuousClock.Instant?
    /// That asking, under way or ended.
    var asking: Task<Void, Never>?
  }

  /// How often a key set is fetched that nobody misses a key of.
  static let refreshInterval = Duration.seconds(600)
  private static let retryInterval = Duration.seconds(15)
  /// How often unknown keys may have the set fetched: whoever invents names must not make us ask.
  static let unknownKeyInterval = Duration.seconds(60)

  private let secret: VerificationKey?
  private let source: (any KeySetSource)?
  private let takesUnnamed: Bool
  private let logger: Logger
  private let state = NIOLockedValueBox(State())
  private let changes = Atomic<Int>(0)
  private let fetches = SingleFlight<OnlyKey, Void, Never>()

  /// - Parameters:
  ///   - secret: of HS256.
  ///   - source: of the keys of RS256 and ES256.
  ///   - takesUnnamed: whether a token that names no key may be one of the only key of its algorithm (OpenID Connect
  ///     Core 1.0, section 10.1).
  public init(
    secret: VerificationKey?, source: (any KeySetSource)?, takesUnnamed: Bool = false,
    logger: Logger
  ) {
    self.takesUnnamed = takesUnnamed
    self.secret = secret
    self.source = source
    self.logger = logger
  }

  /// Another number whenever keys have changed.
  var revision: Int { changes.load(ordering: .acquiring) }

  /// An unknown `kid` is refused, never replaced by a key at hand.
  func key(
    named id: String?, for algorithm: JSONWebAlgorithm
  ) throws(TokenFault) -> VerificationKey {
    if algorithm == .hs256 {
      guard let secret, id == nil else { throw .unknownKey }
      return secret
    }
    guard source != nil else { throw .unknownKey }
    let (key, mayExist) = state.withLockedValue { state in
      (
        state.set?.key(named: id, for: algorithm)
          ?? (takesUnnamed && id == nil ? state.set?.onlyKey(for: algorithm) : nil),
        state.set == nil || state.hasFailed
      )
    }
    if let key { return key }
    throw mayExist ? .keysUnavailable : .unknownKey
  }

  /// Has the set fetched for a key that is not in it, at most once a minute; then it is worth looking again.
  public func askForUnknownKey() async {
    guard source != nil else { return }
    let asking = state.withLockedValue { state in
      if let asked = state.askedAt, .now - asked < Self.unknownKeyInterval { return state.asking }
      state.askedAt = .now
      state.asking = Task { await fetch() }
      return state.asking
    }
    await asking?.value
  }

  /// Keeps the key set fresh until the task is cancelled.
  public func run() async {
    guard source != nil else { return }
    while !Task.isCancelled {
      await fetch()
      let hasFailed = state.withLockedValue { $0.hasFailed }
      // Cancelled only when the process ends; the loop's condition sees it.
      try? await Task.sleep(for: hasFailed ? Self.retryInterval : Self.refreshInterval)
    }
  }

  private func fetch() async {
    await fetches.value { [self] in
      guard let source else { return }
      do {
        let json = try await source.keySet()
        guard let set = JSONWebKeySet(json: json), !set.members.isEmpty else {
          return failed("it holds no key that tokens can be checked with")
        }
        state.withLockedValue { state in
          state.hasFailed = false
          guard state.json != json else { return }
          (state.set, state.json) = (set, json)
          changes.add(1, ordering: .releasing)
        }
      } catch {
        failed("\(error)")
      }
    }
  }

  private func failed(_ reason: String) {
    let isNew = state.withLockedValue { state in
      defer { state.hasFailed = true }
      return !state.hasFailed
    }
    guard isNew else { return }
    logger.warning("the key set of tokens cannot be had", metadata: ["reason": "\(reason)"])
  }
}
