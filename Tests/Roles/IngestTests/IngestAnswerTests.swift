import Events
import NIOCore
import NIOHTTP1
import Testing

@testable import Ingest

@Suite struct IngestAnswerTests {
  private func written(_ write: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer()
    write(&buffer)
    return String(buffer: buffer)
  }

  @Test func anEmptyBatchIsTwoEmptyLists() {
    let text = written { AnswerBody.write(accepted: [], rejected: [], to: &$0) }
    #expect(text == #"{"accepted":[],"rejected":[]}"#)
  }

  @Test func acceptedAndRejectedEventsAreListedWithEveryError() {
    let text = written {
      AnswerBody.write(
        accepted: [
          .init(index: 0, id: EventID(SampleText.id)!),
          .init(index: 2, id: EventID(high: 0, low: 1)),
        ],
        rejected: [
          .init(
            index: 1,
            errors: [
              FieldError("/student_id", .required, "is required"),
              FieldError("/attributes/a~1\"b", .loneSurrogate, "a\\b\n\u{1}é"),
            ]),
          .init(index: 3, errors: []),
        ], to: &$0)
    }
    #expect(
      text
        == #"{"accepted":[{"index":0,"event_id":"0192f5a1-7b3c-7def-8123-456789abcdef"},{"index":2,"event_id":"00000000-0000-0000-0000-000000000001"}],"rejected":[{"index":1,"errors":[{"pointer":"/student_id","code":"required","message":"is required"},{"pointer":"/attributes/a~1\"b","code":"lone_surrogate","message":"a\\b\n\u0001é"}]},{"index":3,"errors":[]}]}"#
    )
  }
}
