import Events
import NIOCore
import PostgresDriver

/// A batch of notebook events as rows for `arrived_events`, in the order that its `place` wants, each
/// event once.
struct ArrivedBatch: Sendable {
  /// The function that takes the same events as JSON.
  static let storedBy = "store_notebook_events"
  /// Makes the session's table; once is enough, again does no harm.
  static let preparation = "select prepare_arrived_events()"
  static let storing = "select store_arrived_events()"
  static let table =
    "arrived_events (place, \(ArrivedColumn.all.map(\.name).joined(separator: ", ")))"

  let rows: BinaryRows

  /// Nil when PostgreSQL has to read one of the events as JSON.
  init?(_ payloads: [ByteBuffer]) {
    let size = payloads.reduce(0) { $0 + $1.readableBytes }
    var encoder = ArrivedEventEncoder(capacity: size)
    var places: [ArrivedRow] = []
    places.reserveCapacity(payloads.count)
    var known: Set<EventID> = []
    known.reserveCapacity(payloads.count)
    for payload in payloads {
      guard let row = encoder.append(payload) else { return nil }
      if known.insert(row.eventID).inserted { places.append(row) }
    }
    let width = Int16(ArrivedColumn.all.count + 1)
    var rows = BinaryRows(capacity: encoder.buffer.count + 10 * places.count)
    encoder.buffer.withUnsafeBytes { buffer in
      places.sort { $0.precedes($1, in: buffer) }
      for (place, row) in places.enumerated() {
        rows.beginRow(columns: width)
        rows.append(Int32(place))
        rows.append(columns: UnsafeRawBufferPointer(rebasing: buffer[row.columns]))
      }
    }
    rows.end()
    self.rows = rows
  }
}
