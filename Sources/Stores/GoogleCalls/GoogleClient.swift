public import Concurrency
public import CurlTransport
public import HTTPTypes
public import Sessions

/// Calls Google's APIs by REST: authorises them, reads their errors, and repeats what may be repeated.
///
/// Safe from any task.
public struct GoogleClient: Sendable {
  /// Where the bearer token of a call comes from; nil where nothing is authorised, as with an emulator. What
  /// it throws keeps the call from being made again, unless it is a `GoogleCallError` that may pass.
  public typealias Authorization = @Sendable () async throws -> String

  /// How often who is asked for an answer lets a quota refuse a call: seconds at the default backoff.
  public static let usualQuotaTries = 5
  /// How often who has time lets a quota refuse a call: about ten minutes at the default backoff.
  public static let patientQuotaTries = 100

  /// Without a trailing slash.
  public let baseURL: String
  private let transport: any HTTPTransport
  private let authorization: Authorization?
  private let timeout: Duration
  private let tries: Int
  private let quotaTries: Int
  private let backoff: Backoff

  /// - Parameters:
  ///   - timeout: of one call.
  ///   - tries: how often a call that may be repeated is made, at most.
  ///   - quotaTries: how often it is made while nothing but a quota refuses it. Quotas are refilled each minute
  ///     (https://cloud.google.com/docs/quotas/overview): who has time waits for that.
  public init(
    baseURL: String, transport: any HTTPTransport, authorization: Authorization?,
    timeout: Duration = .seconds(30), tries: Int = 5, quotaTries: Int = usualQuotaTries,
    backoff: Backoff = Backoff(first: .milliseconds(250), longest: .seconds(8), jitter: .half)
  ) {
    self.baseURL = baseURL
    self.transport = transport
    self.authorization = authorization
    self.timeout = timeout
    self.tries = tries
    self.quotaTries = quotaTries
    self.backoff = backoff
  }

  /// What the API answers.
  ///
  /// - Throws: `GoogleCallError`, after as many tries as the call allows.
  public func send(_ call: GoogleCall) async throws(GoogleCallError) -> SessionValue {
    var retries = Retries(backoff)
    var refusals = 0
    var mayHaveActed = false
    while true {
      do throws(GoogleCallError) {
        return try await sendOnce(call)
      } catch {
        var error = error
        error.followsLostAnswer = mayHaveActed
        mayHaveActed = mayHaveActed || error.mayHaveActed
        guard error.isTransient, call.mayRepeat(after: error), !Task.isCancelled else {
          throw error
        }
        if error.status == "RESOURCE_EXHAUSTED" {
          refusals += 1
          guard refusals < quotaTries else { throw error }
        } else if retries.failures - refusals >= tries - 1 {
          throw error
        }
        // A cancelled wait ends the loop at its next failure.
        try? await Task.sleep(for: retries.failed(retryAfter: error.retryAfter))
      }
    }
  }

  private func sendOnce(_ call: GoogleCall) async throws(GoogleCallError) -> SessionValue {
    var headers: HTTPFields = [:]
    // The Firestore emulator answers 404 without it.
    if !call.body.isEmpty { headers[.contentType] = "application/json" }
    if let authorization {
      do { headers[.authorization] = "Bearer \(try await authorization())" } catch {
        throw error as? GoogleCallError ?? GoogleCallError(.unauthorized("\(error)"))
      }
    }
    var request = TransportRequest(
      call.method, baseURL + call.path, headers: headers, body: call.body, timeout: timeout,
      responseLimit: call.responseLimit)
    request.mayBeResent = call.repetition == .always && !call.tellsTries
    let response: TransportResponse
    do {
      response = try await transport.send(request)
    } catch {
      // The same call would be answered alike.
      let isTooLarge = error.reason == .responseTooLarge
      throw GoogleCallError(
        isTooLarge ? .unreadable("\(error)") : .unreachable("\(error)"),
        mayHaveActed: error.mayHaveReachedServer)
    }
    guard response.isSuccess else { throw GoogleCallError(response) }
    guard !response.body.isEmpty else { return .map([:]) }
    do {
      return try SessionValue(json: response.body)
    } catch {
      throw GoogleCallError(.unreadable("the answer: \(error)"), mayHaveActed: true)
    }
  }
}

/// One call of an API.
public struct GoogleCall: Sendable {
  /// When a call that failed may be made again.
  public enum Repetition: Sendable {
    /// It changes nothing, or the same when it is made twice.
    case always
    /// Only when the server cannot have acted on it.
    case unlessActed
    case never
  }

  public var method: HTTPRequest.Method
  /// With the slash at its front, percent-encoded, the query included.
  public var path: String
  /// JSON; empty for none.
  public var body: [UInt8]
  public var repetition: Repetition
  /// Whether `GoogleCallError.followsLostAnswer` has to be right. What libcurl sends anew over a new connection by itself, which
  /// is quicker, cannot be told from a first try.
  public var tellsTries = false
  /// In bytes.
  public var responseLimit: Int

  public init(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [],
    repetition: Repetition = .always, responseLimit: Int = 64 << 20
  ) {
    self.method = method
    self.path = path
    self.body = body
    self.repetition = repetition
    self.responseLimit = responseLimit
  }

  func mayRepeat(after error: GoogleCallError) -> Bool {
    switch repetition {
    case .always: true
    case .unlessActed: !error.mayHaveActed
    case .never: false
    }
  }
}
