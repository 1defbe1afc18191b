import HTTPServer
import HTTPServerTesting
import NIOCore
import NIOPosix
import ProgressBusTesting
import Testing
import Zlib

@testable import Ingest

/// How bodies arrive: packed, in chunks, too large, too slow.
@Suite(.timeLimit(.minutes(2))) struct RequestBodyTests {
  private static let chunked = "Transfer-Encoding: chunked"

  private static func gzip(_ text: String) throws -> [UInt8] {
    try #require(Gzip.compress(Array(text.utf8)))
  }

  @Test func gzipIsUnpackedWholeAndInSmallPieces() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let packed = try Self.gzip(SampleText.array(500))
      for encoding in ["gzip", "GZIP", "gzip ", "x-gzip", "identity, gzip", "\tgzip ,"] {
        let response = try await client.post(packed, ["Content-Encoding: \(encoding)"])
        #expect(response.status == 202)
      }
      try await client.send(client.head([Self.chunked, "Content-Encoding: gzip"]))
      for start in stride(from: 0, to: packed.count, by: 7) {
        try await client.send(chunk(Array(packed[start..<min(start + 7, packed.count)])))
      }
      try await client.send("0\r\n\r\n")
      #expect(try await client.response().status == 202)
      #expect(
        try await client.post(SampleText.event(), ["Content-Encoding: identity"]).status == 202)
      #expect(try await server.journal().count == 3501)
      client.close()
    }
  }

  @Test func deflateIsUnpackedAsZlibPacksIt() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let packed = Self.deflate(SampleText.event())
      #expect(try await client.post(packed, ["Content-Encoding: deflate"]).status == 202)
      client.close()
    }
  }

  /// RFC 1950 with one stored block: enough to see that the format is known.
  private static func deflate(_ text: String) -> [UInt8] {
    let text = Array(text.utf8)
    let length = UInt16(text.count)
    var packed: [UInt8] = [0x78, 0x01, 0x01]
    packed += [UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
    packed += [UInt8(truncatingIfNeeded: ~length), UInt8(~length >> 8)]
    packed += text
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in text {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    packed += [UInt8(b >> 8), UInt8(b & 255), UInt8(a >> 8), UInt8(a & 255)]
    return packed
  }

  @Test(arguments: [1, 7, 100_000])
  func gzipMayHaveSeveralMembersEmptyOnesIncludedWhereverPiecesEnd(pieceLength: Int) async throws {
    let events = [SampleText.event(), SampleText.event(), SampleText.event()]
    // A member may end in the middle of a line, as when a log is rotated.
    let text = events.joined(separator: "\n")
    let half = text.index(text.startIndex, offsetBy: text.count / 2)
    let packed = try [String(text[..<half]), "", String(text[half...]), ""].flatMap(Self.gzip)
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let fields = [Self.chunked, "Content-Encoding: gzip", "Content-Type: application/x-ndjson"]
      var request = client.head(fields)
      for start in stride(from: 0, to: packed.count, by: pieceLength) {
        request += chunk(Array(packed[start..<min(start + pieceLength, packed.count)]))
      }
      try await client.send(request + Array("0\r\n\r\n".utf8))
      #expect(try await client.response().status == 202)
      #expect(try await server.journal().count == 3)
      client.close()
    }
  }

  @Test func membersAreBoundedTogetherThoseThatUnpackToNothingIncluded() async throws {
    let quarter = String(repeating: " ", count: 300_000)
    let many = try (0..<4).flatMap { _ in try Self.gzip(quarter) }
    let empty = try Self.gzip("")
    let nothing = (0..<(1 << 20) / empty.count + 1).flatMap { _ in empty }
    try await withIngest { server in
      for body in [many, nothing] {
        let client = try await RawClient(port: server.port)
        try await client.send(client.head([Self.chunked, "Content-Encoding: gzip"]))
        // The server may hang up before all is sent; that it answered is what counts.
        try? await client.send(chunk(body) + Array("0\r\n\r\n".utf8))
        #expect(try await client.response().status == 413)
        client.close()
      }
    }
  }

  @Test func whatFollowsAPackedBodyIsCalledSo() async throws {
    let gzip = try Self.gzip(SampleText.event())
    let deflate = Self.deflate(SampleText.event())
    let cases: [(String, [UInt8])] = [
      ("gzip", gzip + Array("more".utf8)), ("gzip", gzip + [0]), ("gzip", gzip + deflate),
      ("deflate", deflate + deflate), ("deflate", deflate + gzip), ("deflate", deflate + [0]),
    ]
    try await withIngest { server in
      for (encoding, body) in cases {
        let client = try await RawClient(port: server.port)
        let response = try await client.post(body, ["Content-Encoding: \(encoding)"])
        #expect(response.status == 400)
        #expect(response.body.contains("has ended, and more follows"))
        client.close()
      }
      #expect(try await server.journal().isEmpty)
    }
  }

  @Test func whatIsCutShortDamagedOrNoGzipIs400() async throws {
    let packed = try Self.gzip(SampleText.array(100))
    var wrong = packed
    wrong[wrong.count / 2] ^= 0x55
    let bodies = [
      Array(packed.dropLast(4)), Array(packed.prefix(30)), wrong,
      Array(SampleText.event().utf8), [], packed + packed.dropLast(4), packed + [0x1F],
      packed + [0x1F, 0x8C],
    ]
    try await withIngest { server in
      for body in bodies {
        let client = try await RawClient(port: server.port)
        let response = try await client.post(body, ["Content-Encoding: gzip"])
        #expect(response.status == 400)
        #expect(response.body.contains("cannot be unpacked"))
        #expect(response.headers["connection"] == "close")
        client.close()
      }
      #expect(try await server.journal().isEmpty)
    }
  }

  @Test func aBombThatUnpacksPastTheLimitIs413() async throws {
    let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 10 << 20), level: 9))
    #expect(bomb.count < 20_000)
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let response = try await client.post(bomb, ["Content-Encoding: gzip"])
      #expect(response.status == 413)
      #expect(response.body.contains("1048576 bytes, unpacked"))
      client.close()
    }
  }

  @Test func chunksMayBeAsSmallAsOneByte() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      var body: [UInt8] = []
      for byte in SampleText.event().utf8 { body += chunk([byte]) }
      for _ in 0..<2 {
        try await client.send(client.head([Self.chunked]) + body + Array("0\r\n\r\n".utf8))
        #expect(try await client.response().status == 202)
      }
      client.close()
    }
  }

  @Test func aLengthOverTheLimitIsRefusedAtTheHeadAClientThatAsksFirstSendsNothing() async throws {
    try await withIngest { server in
      for expectation in [[], ["Expect: 100-continue"]] {
        let client = try await RawClient(port: server.port)
        try await client.send(client.head(["Content-Length: 10485760"] + expectation))
        let response = try await client.response()
        #expect(response.status == 413)
        #expect(response.headers["connection"] == "close")
        client.close()
      }
    }
  }

  @Test func aClientThatAsksFirstAndMayGoOnIsToldSoOnce() async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let body = Array(SampleText.event().utf8)
      try await client.send(
        client.head(["Content-Length: \(body.count)", "Expect: 100-continue"]))
      #expect(try await client.response().status == 100)
      try await client.send(body)
      #expect(try await client.response().status == 202)
      client.close()
    }
  }

  @Test(arguments: ["Content-Length: 10485760", "Transfer-Encoding: chunked"])
  func aClientThatIsStillSendingSeesThe413(framing: String) async throws {
    try await withIngest { server in
      let client = try await RawClient(port: server.port)
      let sender = Task {
        try await client.send(client.head([framing]))
        let block = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 16)
        for _ in 0..<160 {
          try await client.send(framing.hasPrefix("Content") ? block : chunk(block))
        }
      }
      #expect(try await client.response().status == 413)
      client.close()
      // The server may hang up before all is sent; that it answered is what counts.
      _ = await sender.result
    }
  }

  @Test func aBodyThatDoesNotComeInTimeIs408AndNothingOfItIsStored() async throws {
    var configuration = HTTPServerChannelConfiguration()
    configuration.bodyTimeout = .milliseconds(300)
    try await withIngest(server: configuration) { server in
      let client = try await RawClient(port: server.port)
      let body = Array(SampleText.event().utf8)
      try await client.send(client.head(["Content-Length: \(body.count)"]) + body.dropLast())
      let response = try await client.response()
      #expect(response.status == 408)
      #expect(response.headers["content-type"] == "application/problem+json")
      #expect(try await client.remainder().readableBytes == 0)
      #expect(try await server.journal().isEmpty)
    }
  }

  @Test func bodiesThatStayUnfinishedAreBoundedTogetherPackedOrNot() async throws {
    let spaces = [UInt8](repeating: UInt8(ascii: " "), count: 900_000)
    let bodies = [("identity", spaces), ("gzip", try #require(Gzip.compress(spaces)))]
    let configuration = IngestConfiguration(arrivingBytes: 8 << 20)
    try await withIngest(configuration) { server in
      for (encoding, body) in bodies {
        let refusals = server.refusedBodies
        var clients: [RawClient] = []
        while server.refusedBodies == refusals {
          try #require(clients.count < 10)
          let held = server.arrivingBytes
          let client = try await RawClient(port: server.port)
          clients.append(client)
          // All but the end. The server may hang up before all is sent.
          try await client.send(client.head([Self.chunked, "Content-Encoding: \(encoding)"]))
          try? await client.send(chunk(body))
          try await eventually("it is held or refused") {
            server.arrivingBytes >= held + 900_000 || server.refusedBodies > refusals
          }
          #expect(server.arrivingBytes <= Double(8 << 20))
        }
        #expect(clients.count > 4)
        let refused = try await clients[clients.count - 1].response()
        #expect(refused.status == 503)
        #expect(refused.headers["retry-after"] == "5")
        #expect(refused.headers["content-type"] == "application/problem+json")
        // What comes whole is taken meanwhile.
        let client = try await RawClient(port: server.port)
        #expect(try await client.post(SampleText.event()).status == 202)
        for client in clients + [client] { client.close() }
        try await eventually("nothing is held any more") { server.arrivingBytes == 0 }
      }
    }
  }

  @Test func aClientThatLeavesInTheMiddleOfABodyLeavesNothingBehind() async throws {
    try await withIngest { server in
      for _ in 0..<20 {
        let client = try await RawClient(port: server.port)
        try await client.send(client.head(["Content-Length: 1000"]) + Array("[{".utf8))
        client.close()
      }
      let client = try await RawClient(port: server.port)
      #expect(try await client.post(SampleText.event()).status == 202)
      #expect(try await server.journal().count == 1)
      client.close()
    }
  }
}

private func chunk(_ bytes: [UInt8]) -> [UInt8] {
  Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
}
