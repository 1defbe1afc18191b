import Testing

@testable import Events

@Suite struct EventCourseReaderTests {
  private func canonical(_ members: String) throws -> String {
    var tape = JSONTape()
    var normalizer = EventNormalizer(catalog: .standard)
    let text = #"{"student_id":"s-1","notebook_path":"a.ipynb"\#(members)}"#
    return try Array(text.utf8).withUnsafeBufferPointer { bytes in
      try tape.scan(bytes)
      return try withUnsafeTemporaryAllocation(
        byteCount: CanonicalForm.bound(of: bytes.count), alignment: 1
      ) { memory in
        let event = try normalizer.normalize(
          bytes, tape: tape, at: 0, receivedAt: .now(), into: memory)
        return String(decoding: memory.prefix(event.length), as: UTF8.self)
      }
    }
  }

  private func course(_ text: String) -> String? {
    var reader = EventCourseReader()
    return Array(text.utf8).withUnsafeBytes { reader.course(of: $0) }
  }

  private func isFoundByPlace(_ text: String) -> Bool {
    Array(text.utf8).withUnsafeBytes { EventCourseReader.courseByPlace(in: $0) != nil }
  }

  @Test(arguments: ["swift-101", "コース", "a/b c", "x"])
  func whatTheNormalizerWritesIsFoundByItsPlace(name: String) throws {
    for kind in ["cell_executed", "help"] {
      let event = try canonical(#","event_type":"\#(kind)","course_id":"\#(name)""#)
      let onTheChannel = #"{"stream_id":"1795000000000-3","# + event.dropFirst()
      let inPartition = #"{"stream_id":"3:1795000000000-3","previous":"0-0","# + event.dropFirst()
      for text in [event, onTheChannel, inPartition] {
        #expect(isFoundByPlace(text))
        #expect(course(text) == name)
      }
    }
  }

  @Test func anEventWithoutACourseIsOfTheDefaultCourse() throws {
    let event = try canonical(#","event_type":"help""#)
    #expect(isFoundByPlace(event))
    #expect(course(event) == Envelope.defaultCourse)
    #expect(course("{}") == Envelope.defaultCourse)
    #expect(course(#"{"course_id":null}"#) == Envelope.defaultCourse)
    #expect(course(#"{"x":{"course_id":"a"}}"#) == Envelope.defaultCourse)
  }

  @Test func anEscapedCourseIsReadByScanning() throws {
    let event = try canonical(#","event_type":"help","course_id":"a\"\u00e9""#)
    #expect(!isFoundByPlace(event))
    #expect(course(event) == "a\"é")
    #expect(course(#"{"course_id":"\ud800"}"#) == nil)
  }

  @Test func anotherOrderIsReadByScanning() {
    #expect(course(#"{"course_id":"a","event_id":"1"}"#) == "a")
    #expect(course(#" { "event_id" : "1", "course_id" : "a" }"#) == "a")
  }

  @Test func everyPieceOfAnEventIsReadAsTheScannerReadsIt() throws {
    let event = try canonical(#","event_type":"help","course_id":"a""#)
    for length in 0..<event.utf8.count {
      let piece = String(event.prefix(length))
      // A piece that holds the course shows it, though the rest is cut off.
      #expect(course(piece) == (isFoundByPlace(piece) ? "a" : nil))
    }
    #expect(course("[]") == nil)
    #expect(course("") == nil)
  }
}
