/// A claimed row, ready to be sent.
struct OutgoingRow: Sendable {
  /// Its place on the queue.
  let id: Int64
  /// Attempts before this one.
  let attempts: Int
  /// `{"insertId":…,"json":{…}}`.
  let element: [UInt8]
}
