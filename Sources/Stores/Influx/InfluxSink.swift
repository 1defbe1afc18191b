public import CurlTransport
public import EventBus
public import Events
internal import NIOCore
public import WorkerRuntime

/// Stores events as points in InfluxDB, by line protocol.
///
/// Writing an event again overwrites its own point. A kind without a measurement counts as stored.
public struct InfluxSink: Sink {
  public static let name = "influxdb"
  public static let defaultLanes = 1

  public var name: String { Self.name }
  public let batchSize: Int
  public let lanes: Int

  private let writer: InfluxWriter
  private let layouts: [String: PointLayout?]

  /// - Parameters:
  ///   - transport: closed with the sink.
  ///   - lanes: how many requests may be under way at the same time.
  public init(
    configuration: InfluxConfiguration, transport: any HTTPTransport,
    catalog: EventCatalog = .standard, lanes: Int = defaultLanes
  ) {
    self.batchSize = configuration.linesPerRequest
    self.lanes = lanes
    self.writer = InfluxWriter(configuration: configuration, transport: transport)
    self.layouts = LineProtocolEncoder.layouts(of: catalog)
  }

  public func write(_ batch: [JournalEntry]) async throws(SinkError) -> [Refusal] {
    var lines = LineBatch()
    // A point is about as long as its event; growing would copy what is there.
    lines.bytes.reserveCapacity(batch.reduce(0) { $0 + $1.payload.readableBytes })
    var refusals: [Refusal] = []
    var encoder = LineProtocolEncoder(layouts: layouts)
    for (index, entry) in batch.enumerated() {
      switch encoder.append(entry.payload, eventType: entry.eventType, to: &lines.bytes) {
      case .appended: lines.endLine(event: index)
      case .hasNoMeasurement: break
      case .refused(let reason): refusals.append(Refusal(index: index, reason: reason))
      }
    }
    refusals += try await writer.write(lines)
    return refusals.sorted { $0.index < $1.index }
  }

  public func check() async throws(SinkError) {
    try await writer.check()
  }

  /// A kind without a measurement is never sent.
  public func isProof(_ entry: JournalEntry) -> Bool {
    layouts[entry.eventType].flatMap { $0 } != nil
  }

  public func close() async {
    await writer.transport.shutdown()
  }
}
