import EventBus
import Events
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Observability
import ProgressBusTesting
import Testing

@testable import Ingest

/// What the handlers do with the parts of requests, seen without a network.
@Suite struct IngestHandlerTests {
  private let channel = EmbeddedChannel()
  private let ingestHandler: IngestHandler

  init() throws {
    let ingest = Ingest(
      configuration: IngestConfiguration(), catalog: .standard,
      publisher: MemoryEventBus(eventLoop: channel.embeddedEventLoop).publisher,
      metrics: MetricsRegistry(), eventLoops: [channel.embeddedEventLoop])
    let handlers = ingest.makeHandlers(for: channel)
    try channel.pipeline.syncOperations.addHandler(WholeResponseUnfolder())
    try channel.pipeline.syncOperations.addHandlers(handlers)
    ingestHandler = try #require(handlers.last as? IngestHandler)
  }

  private func head(
    _ method: HTTPMethod, _ uri: String, _ headers: HTTPHeaders = [:]
  ) -> HTTPServerRequestPart {
    .head(HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: headers))
  }

  private func passed() throws -> [HTTPServerRequestPart] {
    var parts: [HTTPServerRequestPart] = []
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { parts.append(part) }
    return parts
  }

  private func status() throws -> HTTPResponseStatus? {
    var status: HTTPResponseStatus?
    while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
      if case .head(let head) = part { status = head.status }
    }
    return status
  }

  @Test func requestsForOthersPassAsTheyAreBetweenRequestsThatAreAnswered() throws {
    let packed = HTTPHeaders([("content-encoding", "gzip"), ("content-type", "application/json")])
    for path in ["/student-progress2", "/student-progress/x", "/", "/api/v1/events/1"] {
      let parts: [HTTPServerRequestPart] = [
        head(.POST, path, packed), .body(ByteBuffer(string: "no gzip")),
        .body(ByteBuffer(string: ", really")), .end(nil),
      ]
      for part in parts { try channel.writeInbound(part) }
      #expect(try passed() == parts)
      #expect(try status() == nil)

      try channel.writeInbound(head(.POST, "/student-progress?source=test"))
      try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: SampleText.event())))
      try channel.writeInbound(HTTPServerRequestPart.end(nil))
      #expect(try passed().isEmpty)
      #expect(try status() == .accepted)
    }
  }

  @Test func aBodyThatArrivesInPiecesHasOneOwnerItIsNotCopiedForEachOfThem() throws {
    try channel.writeInbound(head(.POST, "/student-progress"))
    let piece = ByteBuffer(repeating: UInt8(ascii: " "), count: 64)
    var places = 0
    var last: UnsafeRawPointer?
    for _ in 0..<16_384 {
      try channel.writeInbound(HTTPServerRequestPart.body(piece))
      let place = ingestHandler.request?.body.withUnsafeReadableBytes { $0.baseAddress }
      if place != last { places += 1 }
      last = place
    }
    #expect(ingestHandler.request?.body.readableBytes == 1 << 20)
    // It doubles from 64 bytes to 1 MiB: 14 times, and begins twice.
    #expect(places <= 16)
  }

  @Test func aPieceOverTheLimitEndsTheRequestTheRestOfItIsThrownAway() throws {
    try channel.writeInbound(head(.POST, "/student-progress"))
    let piece = ByteBuffer(repeating: UInt8(ascii: " "), count: 1 << 19)
    for _ in 0..<2 { try channel.writeInbound(HTTPServerRequestPart.body(piece)) }
    #expect(try status() == nil)
    try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: " ")))
    #expect(try status() == .payloadTooLarge)
    #expect(ingestHandler.request == nil)
    for _ in 0..<100 { try channel.writeInbound(HTTPServerRequestPart.body(piece)) }
    try channel.writeInbound(HTTPServerRequestPart.end(nil))
    #expect(try passed().isEmpty)
    #expect(try status() == nil)
  }
}
