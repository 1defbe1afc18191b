import Firestore
import Foundation
import Sessions

/// What an Eventarc trigger tells of a document: how it was, and how it is
/// (`google.events.cloud.firestore.v1.DocumentEventData`,
/// https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto).
struct DocumentChange: Sendable, Equatable {
  /// Nil when it was made.
  var before: SessionDocument?
  /// Nil when it was deleted.
  var after: SessionDocument?

  /// The document, when its session was not completed before and is now. A document that was completed
  /// before has changed in something else, and the most frequent of that is what we write into it ourselves.
  var newlyCompleted: SessionDocument? {
    guard let after, after.isCompleted, before?.isCompleted != true else { return nil }
    return after
  }

  init(before: SessionDocument? = nil, after: SessionDocument? = nil) {
    self.before = before
    self.after = after
  }

  /// Nil for an event that is about something else than a document that was written.
  ///
  /// - Throws: what is wrong with the data.
  init?(_ event: CloudEvent) throws(CloudEventError) {
    guard Self.isAboutWriting(event.type) else { return nil }
    switch event.content {
    case .none: throw .malformed("the CloudEvent has no data")
    case .json(let value):
      do throws(SessionValueError) {
        try self.init(json: value)
      } catch { throw .malformed("the data cannot be read: \(error)") }
    case .protobuf(let bytes):
      do throws(SessionValueError) {
        try self.init(protobuf: bytes)
      } catch { throw .malformed("the data cannot be read: \(error)") }
    }
  }

  /// Types of Eventarc; with the caller's identity they end in `.withAuthContext`. What is deleted is
  /// not completed.
  private static func isAboutWriting(_ type: String) -> Bool {
    let prefix = "google.cloud.firestore.document.v1."
    guard type.hasPrefix(prefix) else { return false }
    let kind = type.dropFirst(prefix.count).prefix { $0 != "." }
    return ["written", "updated", "created"].contains(kind)
  }

  private init(json data: SessionValue) throws(SessionValueError) {
    guard data.members != nil else { throw SessionValueError("no object") }
    before = try Self.document(data, "oldValue")
    after = try Self.document(data, "value")
  }

  private static func document(
    _ data: SessionValue, _ member: String
  ) throws(SessionValueError) -> SessionDocument? {
    guard let value = data[member], value != .null, value != .map([:]) else { return nil }
    guard value.members != nil else { throw SessionValueError("no object").inside(member) }
    guard let name = value["name"]?.text, !name.isEmpty else {
      throw SessionValueError("it is missing, or no text").inside("name").inside(member)
    }
    do throws(SessionValueError) {
      return SessionDocument(
        name: name, fields: try FirestoreValue.decode(fields: value["fields"]),
        createTime: value["createTime"]?.text ?? "")
    } catch { throw error.inside("fields").inside(member) }
  }
}
