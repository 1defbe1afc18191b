import EventBus
import Events
import NIOCore
import Testing

@Suite struct HandPublishedDecoderTests {
  private func decode(_ text: String) -> HandPublishedMessage {
    let decoder = CatalogHandPublishedDecoder(
      catalog: .standard, limits: EventLimits(), keepsWork: false)
    return decoder.decode(ByteBuffer(string: text))
  }

  private func reason(_ text: String) throws -> String {
    guard case .invalid(let reason) = decode(text) else {
      Issue.record("\(text) was taken for an event")
      return ""
    }
    return reason
  }

  @Test func aValidMessageBecomesACompleteEvent() throws {
    let message = decode(
      #"{"event_type":"help","student_id":"s-1","notebook_path":"a.ipynb","code":"x"}"#)
    guard case .event(let event) = message else {
      Issue.record("it was refused")
      return
    }
    #expect(event.eventType == "help")
    let payload = String(buffer: event.payload)
    #expect(payload.hasPrefix(#"{"event_id":""#))
    #expect(payload.contains(#""course_id":"default","student_id":"s-1""#))
    #expect(!payload.contains("code"))
  }

  @Test(arguments: [7200, -600] as [Double]) func aWrongClockIsOverruledByTheReceipt(ahead: Double)
    throws
  {
    let now = Timestamp.now()
    let moment = Timestamp(microseconds: now.microseconds + Int64(ahead * 1_000_000))
    let message = decode(
      #"{"event_type":"help","student_id":"s","notebook_path":"n","occurred_at":"\#(moment)"}"#)
    guard case .event(let event) = message else {
      Issue.record("it was refused")
      return
    }
    let payload = String(buffer: event.payload)
    #expect(payload.contains(#""occurred_at":"\#(moment)""#))
    let received = try #require(payload.firstMatch(of: /"received_at":"([^"]+)"/)).1
    #expect(payload.contains(#""corrected_at":"\#(received)""#))
  }

  @Test func aMomentThatNoSinkCanHoldIsRefused() throws {
    let reason = try reason(
      #"{"event_type":"help","student_id":"s-1","notebook_path":"a.ipynb","occurred_at":"0001-01-01T00:00:00+14:00"}"#
    )
    #expect(reason.contains("/occurred_at must be from 1677-09-21T00:12:43.145225Z to "))
  }

  @Test func identicalMessagesBecomeEventsWithIdsOfTheirOwn() {
    let text = #"{"event_type":"help","student_id":"s-1","notebook_path":"a.ipynb"}"#
    let decoder = CatalogHandPublishedDecoder(
      catalog: .standard, limits: EventLimits(), keepsWork: false)
    let payloads = (0..<2).compactMap { _ in
      if case .event(let event) = decoder.decode(ByteBuffer(string: text)) {
        String(buffer: event.payload)
      } else {
        nil
      }
    }
    #expect(Set(payloads).count == 2)
  }

  @Test(
    arguments: [
      ("", "no JSON: the text is empty, at byte 0"),
      ("hello Ada", "no JSON: a character stands where it may not, at byte 0"),
      (#"{"event_type":"#, "no JSON: the text ends in the middle, at byte 14"),
    ])
  func whatIsNoJSONSaysWhere(_ text: String, _ expected: String) throws {
    #expect(try reason(text) == expected)
  }

  @Test func whatIsNoEventNamesEveryFieldAndRepeatsNoValue() throws {
    let faults = try reason(
      #"{"event_type":"help","student_id":17,"notebook_path":"","event_id":"Ada Lovelace"}"#)
    #expect(faults.hasPrefix("no valid event: "))
    #expect(faults.contains("/student_id must be a string"))
    #expect(faults.contains("/notebook_path must not be empty"))
    #expect(faults.contains("/event_id must be a UUID"))
    #expect(!faults.contains("Ada"))
    #expect(try reason("[]") == "no valid event: an event must be a JSON object")
    #expect(
      try reason(#"{"event_type":"Ada"}"#).contains("/event_type must be one of cell_executed"))
  }

  @Test func theReasonStaysOnOneLineWhateverNamesTheSenderChose() throws {
    let reason = try reason(
      #"{"event_type":"help","student_id":"s","notebook_path":"n","attributes":{"a\nb\u2028c\u001b":"\u0000"}}"#
    )
    #expect(reason.contains("U+0000"))
    #expect(reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x2028 })
  }
}
