internal import CurlTransport
internal import HTTPTypes
internal import WorkerRuntime
internal import Zlib

/// Sends lines to InfluxDB, whichever of its APIs it speaks.
struct InfluxWriter: Sendable {
  /// Far more than an answer to one line takes. One to many bad lines quotes them all: what is longer
  /// is a refusal, too.
  private static let responseLimit = 1 << 20

  let configuration: InfluxConfiguration
  let transport: any HTTPTransport
  private let writeURL: String
  private let authorization: String?
  private let refusedSeries = RefusedSeries()

  init(configuration: InfluxConfiguration, transport: any HTTPTransport) {
    self.configuration = configuration
    self.transport = transport
    self.writeURL = configuration.url + Self.writeTarget(configuration.api)
    self.authorization = configuration.api.authorization
  }

  /// Stores every line that the server takes.
  ///
  /// - Returns: the refused events, by their place in the sink's batch.
  /// - Throws: `SinkError`. Some lines may be stored by then; storing them again changes nothing.
  func write(_ batch: LineBatch) async throws(SinkError) -> [Refusal] {
    let (known, probe) = refusedSeries.known(in: batch)
    var search = LineSearch(
      (0..<batch.count).lazy.filter { known[$0] == nil },
      size: max(1, configuration.linesPerRequest))
    if let probe, await isStored(batch.bytes(of: [probe])) {
      refusedSeries.forget()
      return try await write(batch)
    }
    while let lines = search.next {
      switch await send(batch.bytes(of: lines), lineCount: lines.count) {
      case .stored: search.stored()
      case .refusedLines(let named): search.stored(without: named)
      case .refused(let refusal):
        // A point that is refused for itself is left to the runtime, which finds it among the others.
        guard lines.count == 1 || refusal.cause != .event else { throw .refused(refusal.reason) }
        if lines.count == 1 || refusal.dropped == lines.count {
          if refusal.cause == .limit { refusedSeries.add(lines.map(batch.seriesHash), refusal) }
          search.refusedWhole(refusal)
        } else if refusal.cause == .limit {
          search.sort(by: batch.seriesHash)
          search.halve { batch.seriesHash(of: $0) == batch.seriesHash(of: $1) }
        } else {
          search.sort(by: batch.time)
          search.halve()
        }
      case .tooLarge where lines.count == 1:
        search.refusedWhole(InfluxRefusal("the point is larger than InfluxDB takes"))
      case .tooLarge: search.halve()
      case .unavailable(let why, let retryAfter): throw .unavailable(why, retryAfter: retryAfter)
      case .failed(let why, let retryAfter): throw .failed(why, retryAfter: retryAfter)
      case .outOfTime(let why): throw .outOfTime(why)
      }
    }
    return known.merging(search.refused) { $1 }.map { line, refusal in
      Refusal(index: batch.events[line], reason: refusal.reason, cause: refusal.cause)
    }.sorted { $0.index < $1.index }
  }

  private func isStored(_ line: [UInt8]) async -> Bool {
    if case .stored = await send(line, lineCount: 1) { true } else { false }
  }

  private func send(_ lines: [UInt8], lineCount: Int) async -> InfluxOutcome {
    var request = self.request(.post, writeURL)
    request.headers[.contentType] = "text/plain; charset=utf-8"
    request.body = lines
    if lines.count >= configuration.compressionThreshold, let packed = Gzip.compress(lines) {
      request.headers[.contentEncoding] = "gzip"
      request.body = packed
    }
    return await outcome(of: request, lineCount: lineCount)
  }

  private func outcome(of request: TransportRequest, lineCount: Int) async -> InfluxOutcome {
    do throws(TransportError) {
      let response = try await transport.send(request)
      return InfluxAnswer(response: response, api: configuration.api)
        .outcome(lineCount: lineCount)
    } catch {
      switch error.reason {
      case .responseTooLarge:
        return .refused(InfluxRefusal("InfluxDB refused the points at length"))
      case .timedOut where error.mayHaveReachedServer: return .outOfTime("InfluxDB: \(error)")
      default: return .unavailable("InfluxDB: \(error)", retryAfter: nil)
      }
    }
  }

  /// Proves that the server answers and, with 1.x, that the database is there and open to us: writing
  /// nothing does that. The others refuse an empty write whatever the rest.
  func check() async throws(SinkError) {
    let outcome =
      switch configuration.api {
      case .v1: await send([], lineCount: 0)
      case .v2, .v3:
        await outcome(of: request(.get, configuration.url + "/ping"), lineCount: 0)
      }
    switch outcome {
    case .stored: return
    case .unavailable(let why, let retryAfter), .failed(let why, let retryAfter):
      throw .unavailable(why, retryAfter: retryAfter)
    case .outOfTime(let why): throw .unavailable(why)
    case .refused(let refusal): throw .unavailable(refusal.reason)
    case .refusedLines, .tooLarge: throw .unavailable("InfluxDB refused an empty request")
    }
  }

  private func request(_ method: HTTPRequest.Method, _ url: String) -> TransportRequest {
    var request = TransportRequest(
      method, url, timeout: configuration.timeout, responseLimit: Self.responseLimit)
    request.headers[.authorization] = authorization
    return request
  }

  private static func writeTarget(_ api: InfluxAPI) -> String {
    switch api {
    case .v1(let database, _, _):
      "/write" + QueryString.encode([("db", database), ("precision", "ns")])
    case .v2(let organization, let bucket, _):
      "/api/v2/write"
        + QueryString.encode([("org", organization), ("bucket", bucket), ("precision", "ns")])
    case .v3(let database, _):
      "/api/v3/write_lp" + QueryString.encode([("db", database), ("precision", "nanosecond")])
    }
  }
}
