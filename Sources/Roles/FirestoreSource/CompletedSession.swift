import Cryptography
public import Events
public import Sessions

/// A document of Firestore as a query, or a CloudEvent, gives it.
public struct SessionDocument: Sendable, Equatable {
  /// The full name, `projects/p/databases/d/documents/…`.
  public var name: String
  public var fields: [String: SessionValue]
  /// RFC 3339; empty when it is not known.
  public var createTime: String

  public init(name: String, fields: [String: SessionValue], createTime: String) {
    self.name = name
    self.fields = fields
    self.createTime = createTime
  }

  /// Whether it says of itself that the session is completed.
  public var isCompleted: Bool { fields["status"]?.text == "completed" }
}

/// Whose session a document is.
public struct SessionOwner: Sendable, Hashable {
  public let userID: String
  public let sessionID: String

  public init(userID: String, sessionID: String) {
    self.userID = userID
    self.sessionID = sessionID
  }

  /// The name of the record of its failure, the same each time: `training_session_key` in hexadecimal digits.
  var recordID: String {
    SHA256.digest(of: "\(userID.unicodeScalars.count):\(userID)\(sessionID)").prefix(16)
      .lowercaseHex
  }

  /// Nil for a document that does not stand at `users/{user}/sessions/{session}`: a collection group holds
  /// every collection of its name, at any depth.
  ///
  /// - Parameter name: full.
  public init?(documentName name: String) {
    // By bytes: a character can begin with a slash, when an id begins with a combining mark.
    let names = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard names.count == 9, names[0] == "projects", names[2] == "databases",
      names[4] == "documents", names[5] == "users", names[7] == "sessions",
      names.allSatisfy({ !$0.isEmpty })
    else { return nil }
    self.init(userID: names[6], sessionID: names[8])
  }
}

/// A session that is completed, as an event of kind `training_session_completed`.
public struct CompletedSession: Sendable, Equatable {
  public let documentName: String
  public let owner: SessionOwner
  /// Made of the document's name and of its completion, so that each way to learn of it makes the same
  /// event. The document's update time has no part in it: telling the document of its synchronisation
  /// changes that.
  public let eventID: EventID
  /// When the session was completed; the same each time it is read.
  public let occurredAt: Timestamp
  /// The event, JSON, as the ingest endpoint takes it.
  public let event: [UInt8]
}

/// Which documents are completed sessions, and what events they become. Pure.
public struct CompletionRules: Sendable {
  /// The field that says when a session was completed.
  public let completionField: String

  private let sessionType: FieldType

  /// - Parameter completionField: at the top level of the document; best a timestamp.
  public init(completionField: String = "endTime", catalog: EventCatalog = .standard) {
    self.completionField = completionField
    guard
      let session = catalog[Self.eventType]?.fields.first(where: { $0.name == "session" })
    else { preconditionFailure("the catalog has no \(Self.eventType)") }
    sessionType = session.type
  }

  private static let eventType = "training_session_completed"

  /// The fields that an event is made of.
  public var fieldNames: [String] {
    guard case .object(let fields) = sessionType else { return [] }
    return Array(Set(fields.map(\.name) + ["status", completionField])).sorted()
  }

  /// Nil when the document is no session, or none that is completed.
  public func session(in document: SessionDocument) -> CompletedSession? {
    guard document.isCompleted, let owner = SessionOwner(documentName: document.name) else {
      return nil
    }
    let completion = document.fields[completionField]
    let id = Self.eventID(of: document.name, completion)
    // What never changes, for a session that does not say when.
    let occurredAt =
      completion.flatMap(Self.moment) ?? Timestamp(rfc3339: document.createTime.utf8)
      ?? Timestamp(microseconds: 0)
    var fields = document.fields
    // The path is what the document is known by.
    fields["userId"] = .string(owner.userID)
    fields["sessionId"] = .string(owner.sessionID)
    let event = SessionValue.map([
      "event_type": .string(Self.eventType), "event_id": .string(id.description),
      "occurred_at": .string(occurredAt.description),
      "session": Self.convert(.map(fields), as: sessionType) ?? .null,
    ])
    return CompletedSession(
      documentName: document.name, owner: owner, eventID: id, occurredAt: occurredAt,
      event: event.json)
  }

  /// The moment that a completion field holds, nil when it holds something else.
  static func moment(_ completion: SessionValue) -> Timestamp? {
    switch completion {
    case .timestamp(let moment): moment
    case .string(let text): Timestamp(rfc3339: text.utf8)
    default: nil
    }
  }

  /// A UUID of version 8 (RFC 9562, section 5.8), from a SHA-256.
  private static func eventID(of name: String, _ completion: SessionValue?) -> EventID {
    var completed = ""
    switch completion {
    case nil, .null: break
    case .timestamp(let moment): completed = "timestamp \(moment.microseconds)"
    case .some(let other): completed = "value " + String(decoding: other.json, as: UTF8.self)
    }
    // With the length in front, no two pairs make one text.
    let digest = SHA256.digest(
      Array("\(name.utf8.count) ".utf8), Array(name.utf8), Array(completed.utf8))
    func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    return EventID(
      high: half(digest[0..<8]) & ~0xf000 | 0x8000,
      low: half(digest[8..<16]) & ~(3 << 62) | 2 << 62)
  }

  /// A value as a field of the catalog wants it in JSON. What does not fit stays as it is, for the
  /// validation to refuse by its place; fields that the catalog does not have are left out.
  private static func convert(_ value: SessionValue, as type: FieldType) -> SessionValue? {
    switch (type, value) {
    case (_, .null): nil
    case (_, .timestamp(let moment)): .string(moment.description)
    // Firestore has its own kind of whole numbers, and not every client uses it.
    case (.integer, .double(let number)): Int64(exactly: number).map { .integer($0) } ?? value
    // JSON has neither infinities nor NaN, and the fields can do without a value.
    case (_, .double(let number)) where !number.isFinite: nil
    case (.object(let fields), .map(let members)):
      .map(
        Dictionary(
          uniqueKeysWithValues: fields.compactMap { field in
            members[field.name].flatMap { convert($0, as: field.type) }.map { (field.name, $0) }
          }))
    case (.array(let element, _), .array(let elements)):
      .array(elements.map { convert($0, as: element) ?? .null })
    default: value
    }
  }
}
