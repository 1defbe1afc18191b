public import Sessions

/// Where a document or a collection stands below the database's root: names in turn of collections and
/// documents, not encoded.
public struct FirestorePath: Sendable, Hashable, CustomStringConvertible {
  public let names: [String]

  public init(_ names: String...) { self.names = names }
  public init(names: [String]) { self.names = names }

  public func appending(_ names: String...) -> FirestorePath {
    FirestorePath(names: self.names + names)
  }

  public var last: String { names.last ?? "" }
  public var description: String { names.joined(separator: "/") }

  /// What an id of a document may be: 1 to 1,500 bytes, without a slash, not `.`, `..` or `__…__`
  /// (https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields).
  public static func isDocumentID(_ id: String) -> Bool {
    (1...1_500).contains(id.utf8.count) && !id.utf8.contains(UInt8(ascii: "/")) && id != "."
      && id != ".." && !(id.utf8.count >= 4 && id.hasPrefix("__") && id.hasSuffix("__"))
      && !id.utf8.contains(0)
  }
}

/// A document as it was read.
public struct FirestoreDocument: Sendable, Equatable {
  public let path: FirestorePath
  public let fields: [String: SessionValue]
  /// As the server writes it, all six digits: a precondition needs it back unchanged.
  public let createTime: String
  public let updateTime: String
}

/// A write of a commit.
public struct FirestoreWrite: Sendable {
  public enum Precondition: Sendable {
    case none
    case exists(Bool)
    /// As it was read.
    case updateTime(String)
  }

  enum Content: Sendable {
    /// - Parameter mask: the only fields that are written, as field paths; nil for the whole document.
    case set([String: SessionValue], mask: [String]?)
    case delete
  }

  let path: FirestorePath
  let content: Content
  var precondition: Precondition
  /// Fields that get the time of the commit.
  var serverTimes: [String]
  /// Fields that grow by one.
  var increments: [String]

  /// Writes the whole document.
  public static func set(
    _ path: FirestorePath, _ fields: [String: SessionValue], serverTimes: [String] = [],
    if precondition: Precondition = .none
  ) -> FirestoreWrite {
    FirestoreWrite(
      path: path, content: .set(fields, mask: nil), precondition: precondition,
      serverTimes: serverTimes, increments: [])
  }

  /// Writes some fields and leaves the others. Without a precondition it makes the document.
  ///
  /// - Parameter mask: field paths; nil for the names of `fields`.
  public static func merge(
    _ path: FirestorePath, _ fields: [String: SessionValue], mask: [String]? = nil,
    serverTimes: [String] = [], increments: [String] = [], if precondition: Precondition = .none
  ) -> FirestoreWrite {
    FirestoreWrite(
      path: path, content: .set(fields, mask: mask ?? fields.keys.map(FieldPath.quote)),
      precondition: precondition, serverTimes: serverTimes, increments: increments)
  }

  public static func delete(
    _ path: FirestorePath, if precondition: Precondition = .none
  ) -> FirestoreWrite {
    FirestoreWrite(
      path: path, content: .delete, precondition: precondition, serverTimes: [], increments: [])
  }
}
