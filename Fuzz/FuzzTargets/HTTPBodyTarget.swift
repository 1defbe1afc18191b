import EventBus
import Events
import HTTPServer
import HTTPTypes
import NIOCore
import NIOHTTP1

@testable import Ingest

extension FuzzTarget {
  /// The path of a request's body: whatever the pieces, the same events are taken and the same refused, each
  /// exactly once, and nothing is kept beyond the limit.
  static let httpBody = FuzzTarget(
    "http-body",
    seeds: headers.indices.flatMap { kind in
      [1, 7, 256].map { [UInt8(kind)] + Pieces.seed(body(of: kind), length: $0) }
    }
  ) { input in
    guard let kind = input.first,
      let pieces = Pieces(UnsafeBufferPointer(rebasing: input.dropFirst()))
    else { return nil }
    let headers = headers[Int(kind) % headers.count]
    let whole = read([pieces.whole], headers)
    let inPieces = read(Array(pieces), headers)
    if let fault = inPieces.fault ?? whole.fault { return fault }
    return inPieces.told == whole.told ? nil : "pieces: \(inPieces.told), whole: \(whole.told)"
  }

  private static let limit = 4096

  private static let headers: [HTTPHeaders] = [
    [:], ["content-type": "application/x-ndjson"], ["content-encoding": "gzip"],
    ["content-encoding": "deflate", "content-type": "application/x-ndjson"],
  ]

  private static func body(of kind: Int) -> [UInt8] {
    switch kind {
    case 0: Array("[".utf8) + SampleEvents.texts[0] + Array(",7,{}]".utf8)
    case 1: SampleEvents.texts[0] + Array("\n\n{}\n".utf8)
    // `{}`, packed by gzip -n and by zlib.
    case 2:
      [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 171, 174, 5, 0, 67, 191, 166, 163, 2, 0, 0, 0]
    default: [120, 156, 171, 174, 5, 0, 1, 117, 0, 249]
    }
  }

  /// What came of a body.
  private static func read(
    _ pieces: [ByteBuffer], _ headers: HTTPHeaders
  ) -> (told: String, fault: String?) {
    do {
      var request = try IncomingRequest(fields: RequestFields(headers), limit: limit)
      for var piece in pieces { try request.append(&piece) }
      try request.end()
      guard request.body.readableBytes <= limit else { return ("", "a body over its limit") }
      var configuration = IngestConfiguration()
      configuration.eventsPerRequest = 8
      var decoder = BatchDecoder(configuration: configuration, catalog: .standard)
      let batch = try decoder.decode(
        request.body, format: request.format, receivedAt: CanonicalEvent.receivedAt)
      let indices = (batch.accepted.map(\.index) + batch.rejected.map(\.index)).sorted()
      guard indices == Array(indices.indices) else {
        return ("", "events \(indices) were answered")
      }
      guard batch.events.count == batch.accepted.count else {
        return ("", "\(batch.accepted.count) accepted, \(batch.events.count) to publish")
      }
      return ("accepted \(batch.accepted.map(\.index)), rejected \(batch.rejected)", nil)
    } catch {
      // The same status; how far a packed body was good may be told differently.
      return ("refused with \(error.status.code)", nil)
    }
  }
}
