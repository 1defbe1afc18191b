import EventBus
import Events
import Foundation
import NIOCore
import Testing

@testable import Ingest

/// When the events of a request happened, whose sender's clock may be wrong.
@Suite struct SenderClocksTests {
  private static let receivedAt = Timestamp(rfc3339: "2026-11-21T10:00:00Z".utf8)!

  /// An event: the learner, and how many seconds after the receipt it happened by the learner's clock; nil leaves
  /// the moment to the server.
  private struct Sent {
    var learner = "s-1"
    let at: Double?
    var kind = "help"

    var json: String {
      let moment = at.map { #","occurred_at":"\#(SenderClocksTests.moment($0))""# } ?? ""
      return
        #"{"event_type":"\#(kind)","student_id":"\#(learner)","notebook_path":"n.ipynb"\#(moment),"corrected_at":"2020-01-01T00:00:00Z"}"#
    }
  }

  private static func moment(_ seconds: Double) -> Timestamp {
    Timestamp(microseconds: receivedAt.microseconds + Int64((seconds * 1_000_000).rounded()))
  }

  /// When each event happened as teachers see it, in microseconds after the receipt; nil where the sender's word counts.
  private func corrections(
    _ events: [Sent], sentAt: Double? = nil, _ format: BodyFormat = .json
  ) throws -> [Int64?] {
    var decoder = BatchDecoder(configuration: IngestConfiguration(), catalog: .standard)
    let lines = events.map(\.json)
    let body = format == .json ? "[\(lines.joined(separator: ","))]" : lines.joined(separator: "\n")
    let batch = try decoder.decode(
      ByteBuffer(string: body), format: format, receivedAt: Self.receivedAt,
      sentAt: sentAt.map(Self.moment))
    #expect(batch.accepted.map(\.index) == Array(events.indices))
    return try zip(batch.events, events).map { event, sent in
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(event.payload.readableBytesView))
          as? [String: Any])
      #expect(json["received_at"] as? String == Self.receivedAt.description)
      if let at = sent.at {
        #expect(json["occurred_at"] as? String == Self.moment(at).description, "kept as data")
      }
      guard let text = json["corrected_at"] as? String else { return nil }
      let corrected = try #require(Timestamp(rfc3339: text.utf8))
      return corrected.microseconds - Self.receivedAt.microseconds
    }
  }

  @Test(arguments: [BodyFormat.json, .ndjson])
  func aClockThatIsAheadIsOverruledByTheOrderOfReceipt(format: BodyFormat) throws {
    let events = [Sent(at: 7200), Sent(at: 7200), Sent(at: 86_399), Sent(at: 11)]
    #expect(try corrections(events, format) == [0, 1, 2, 3])
    #expect(try corrections([Sent(at: 7200)], format) == [0])
  }

  @Test func aClockThatIsSetRightWithinARequestDoesNotHideWhatComesThen() throws {
    let events = [Sent(at: 7200), Sent(at: -1), Sent(at: -0.5), Sent(learner: "s-2", at: -1)]
    #expect(try corrections(events) == [0, 1, 2, nil])
  }

  @Test(arguments: [-600, -86_400 * 300, -3600] as [Double])
  func aSlowClockIsMovedByItsFaultAndKeepsItsDistances(newest: Double) throws {
    let events = [Sent(at: newest - 60), Sent(at: newest - 2), Sent(at: newest)]
    let moved = try corrections(events).map { $0 ?? .min }
    #expect(zip(moved, [-60_000_000, -2_000_000, 0]).allSatisfy { abs($0 - $1) < 3 }, "\(moved)")
  }

  @Test func eachLearnerOfARequestHasAClock() throws {
    let events = [
      Sent(learner: "slow", at: -600), Sent(learner: "right", at: -1),
      Sent(learner: "ahead", at: 600),
      Sent(learner: "server's", at: nil),
    ]
    #expect(try corrections(events) == [0, nil, 2, nil])
  }

  @Test func whatHadToWaitIsKeptAsItIs() throws {
    // The newest tells that the clock is right.
    #expect(try corrections([Sent(at: -1800), Sent(at: -900), Sent(at: -2)]) == [nil, nil, nil])
    // All of it is old, and the sender says when it was sent.
    #expect(try corrections([Sent(at: -1800), Sent(at: -900)], sentAt: -1) == [nil, nil])
    #expect(try corrections([Sent(at: -86_400 * 30)], sentAt: 0) == [nil])
  }

  @Test func aWrongClockIsToldByWhatTheSenderSaysOfItToo() throws {
    // What had to wait by a wrong clock.
    #expect(
      try corrections([Sent(at: 5400), Sent(at: 7140)], sentAt: 7200)
        == [-1_800_000_000, -60_000_000])
    #expect(
      try corrections([Sent(at: -2400), Sent(at: -660)], sentAt: -600)
        == [-1_800_000_000, -60_000_000])
    // It was ahead then, and is right now.
    #expect(try corrections([Sent(at: 7140), Sent(at: -1)], sentAt: 0) == [0, 1])
    // What the server says itself is right.
    #expect(try corrections([Sent(at: nil), Sent(at: -601)], sentAt: -600) == [nil, -1_000_000])
    #expect(try corrections([Sent(at: nil), Sent(at: 7199)], sentAt: 7200) == [nil, -1_000_000])
  }

  @Test func whatNoClockMaySayIsNoAnswer() throws {
    #expect(try corrections([Sent(at: -600)], sentAt: 86_401) == [0])
    #expect(try corrections([Sent(at: -600)], sentAt: 86_400 * 365 * 5000) == [0])
  }

  @Test func aClockThatIsNearlyRightIsTakenAtItsWord() throws {
    for at in [-120, -30, 0, 9.5] {
      #expect(try corrections([Sent(at: at)]) == [nil])
      #expect(try corrections([Sent(at: at)], sentAt: at) == [nil])
    }
  }

  @Test func kindsThatTeachersDoNotLookAtHaveNoCorrection() throws {
    var decoder = BatchDecoder(configuration: IngestConfiguration(), catalog: .standard)
    let event =
      #"{"event_type":"agent_metric","occurred_at":"2026-11-21T12:00:00Z","session_id":"d","agent_name":"a","action":"x"}"#
    let batch = try decoder.decode(
      ByteBuffer(string: event), format: .json, receivedAt: Self.receivedAt)
    #expect(!batch.isClockInDoubt)
    #expect(batch.events.count == 1)
    #expect(batch.events.allSatisfy { !String(buffer: $0.payload).contains("corrected_at") })
  }
}
