internal import Concurrency
public import CurlTransport
public import Events
internal import Foundation
import HTTPTypes
internal import Zlib

/// Sends what happens in a simulated class to a server as it happens, in batches, each event until the
/// server has accounted for it.
public struct ClassDelivery: Sendable {
  /// The most events in one request.
  static let batchSize = 200
  /// The waits before events are sent again, unless the server asks for another.
  static let backoff = Backoff(first: .milliseconds(200), longest: .seconds(10))

  private let address: String
  private let transport: any HTTPTransport
  private let token: @Sendable () throws -> String?
  private let now: @Sendable () -> Timestamp
  private let sleep: @Sendable (Duration) async throws -> Void

  /// - Parameters:
  ///   - server: the server's URL, without a trailing slash.
  ///   - token: made anew for each request, so that none ends; nil where nobody has to log in.
  ///   - now: the clock that the class goes by.
  public init(
    server: String, transport: any HTTPTransport,
    token: @escaping @Sendable () throws -> String? = { nil },
    now: @escaping @Sendable () -> Timestamp = { .now() },
    sleep: @escaping @Sendable (Duration) async throws -> Void = {
      try await Task.sleep(for: $0)
    }
  ) {
    address = "\(server)/student-progress"
    self.transport = transport
    self.token = token
    self.now = now
    self.sleep = sleep
  }

  /// Runs until the task is cancelled.
  ///
  /// While the server takes nothing, the class waits: events are made only when there is room for
  /// them, and keep the time at which they were due.
  ///
  /// - Throws: `CancellationError`, or `ClassDeliveryError` when the server refuses events for good.
  public func run(_ simulation: SimulatedClass) async throws {
    var simulation = simulation
    while true {
      let batch = simulation.events(through: now(), limit: Self.batchSize)
      if batch.isEmpty {
        let pause = simulation.nextEventAt.microseconds - now().microseconds
        // Not longer than a minute: the clock may be set.
        try await sleep(.microseconds(min(max(pause, 1_000), 60_000_000)))
      } else {
        try await deliver(batch)
      }
    }
  }

  private func deliver(_ batch: [SimulatedEvent]) async throws {
    var request = try Self.request(batch, to: address)
    var retries = Retries(Self.backoff)
    while true {
      try Task.checkCancellation()
      request.headers[.authorization] = try token().map { "Bearer \($0)" }
      // By it the server knows that what lies back, as the whole history does, is no wrong clock.
      request.headers[.date] = now().httpDate
      switch await outcome(of: request) {
      case .delivered(nil): return
      case .delivered(let fault?): throw ClassDeliveryError(fault)
      case .refused(let reason): throw ClassDeliveryError(reason)
      case .retry(let asked):
        try await sleep(retries.failed(retryAfter: asked))
      }
    }
  }

  private func outcome(of request: TransportRequest) async -> DeliveryOutcome {
    do {
      return DeliveryOutcome(try await transport.send(request))
    } catch {
      // Sent again even if it may have arrived: the events' ids tell the server.
      return .retry(after: nil)
    }
  }

  /// Compressed when that saves a tenth, as the notebook client does.
  static func request(_ batch: [SimulatedEvent], to address: String) throws -> TransportRequest {
    let body = Array(try JSONEncoder().encode(batch))
    var request = TransportRequest(
      .post, address, headers: [.contentType: "application/json"], body: body,
      timeout: .seconds(10))
    if let compressed = Gzip.compress(body), compressed.count * 10 <= body.count * 9 {
      request.headers[.contentEncoding] = "gzip"
      request.body = compressed
    }
    return request
  }
}

/// What the server's answer means for the events that were sent.
enum DeliveryOutcome: Equatable {
  /// Accounted for; `fault` tells why some were refused.
  case delivered(fault: String?)
  /// To be sent again, not before `after` when the server named a time.
  case retry(after: Duration?)
  /// Sending them again would end the same way.
  case refused(String)

  init(_ response: TransportResponse) {
    switch response.status {
    case 202: self = .delivered(fault: nil)
    case 207, 422:
      self = .delivered(fault: String(decoding: response.body.prefix(400), as: UTF8.self))
    case 408, 429, 500...599: self = .retry(after: response.retryAfter)
    default: self = .refused("the server answered \(response.status)")
    }
  }
}

/// The server refused events of the simulated class for good.
public struct ClassDeliveryError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
