import Access
import Events
import JSONText

/// Whose events the sender of a request may send.
struct SendingRights {
  private let token: VerifiedToken

  /// Nil where everything may be sent. Made for each request, so it allocates nothing.
  init?(_ caller: Caller) {
    guard let token = caller.token else { return nil }
    self.token = token
  }

  /// The one learner, in UTF-8; nil without the scope `ingest`. A token without a subject is nobody's.
  private var learner: [UInt8]? {
    token.claims.scopes.contains(.ingest) ? token.subjectBytes : nil
  }

  /// - Parameters:
  ///   - bytes: the event in canonical form.
  ///   - reader: looks into kinds that name learners in several places.
  /// - Returns: why the event may not be sent; nil when it may.
  func fault(
    of event: NormalizedEvent, in bytes: UnsafeRawBufferPointer, reader: inout LearnerReader
  ) -> FieldError? {
    // Anybody's events may go to the courses of a class.
    if token.claims.scopes.contains(.ingestClass),
      isAmongCourses(bytes[event.course])
    {
      return nil
    }
    guard let learner else {
      return FieldError("/course_id", .notAllowed, "is not among the courses of the token")
    }
    let isTheirs = event.learner.map { Self.isText(bytes[$0], learner) }
    // A kind may name its learner further inside alone.
    guard isTheirs ?? event.namesFurtherLearners else {
      return FieldError(
        isTheirs == nil ? "" : "/\(event.learnerField ?? "")", .notAllowed,
        "is not of the learner whom the token is for")
    }
    if event.namesFurtherLearners {
      let named = reader.learners(in: bytes, eventType: event.eventType) ?? []
      guard !named.isEmpty, named.allSatisfy({ $0.utf8.elementsEqual(learner) }) else {
        return FieldError(
          "", .notAllowed, "names another learner than the one whom the token is for")
      }
    }
    // A learner's token without courses is for all of them.
    if !token.claims.courses.isEmpty, !isAmongCourses(bytes[event.course]) {
      return FieldError("/course_id", .notAllowed, "is not among the courses of the token")
    }
    return nil
  }

  private func isAmongCourses(_ raw: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard !raw.contains(UInt8(ascii: "\\")) else {
      return token.claims.courses.contains(ExactText(Self.decoded(raw)))
    }
    return token.courseBytes.contains { $0.count == raw.count && raw.elementsEqual($0) }
  }

  private static func isText(_ raw: Slice<UnsafeRawBufferPointer>, _ text: [UInt8]) -> Bool {
    raw.contains(UInt8(ascii: "\\"))
      ? decoded(raw).utf8.elementsEqual(text)
      : raw.count == text.count && raw.elementsEqual(text)
  }

  private static func decoded(_ raw: Slice<UnsafeRawBufferPointer>) -> String {
    JSONString.decode(
      UnsafeRawBufferPointer(rebasing: raw), isEscaped: raw.contains(UInt8(ascii: "\\")))
  }
}
