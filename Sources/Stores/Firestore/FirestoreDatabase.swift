import CurlTransport
import Events
public import GoogleCalls
import HTTPTypes
import JSONText
public import Sessions

/// A Firestore database by REST: reads, queries, and commits that are written whole or not at all.
///
/// Preconditions go into commits and never into the query of a URL, where the emulator reads every time
/// as 0.
public struct FirestoreDatabase: Sendable {
  /// The most writes that go into one commit.
  public static let writesPerCommit = 500
  /// The most bytes that go into one commit. The emulator takes 4 MiB, production 10.
  public static let bytesPerCommit = 3_500_000

  private let client: GoogleClient
  /// `projects/p/databases/(default)/documents`.
  public let root: String

  /// - Parameter client: its base URL ends before `/v1`.
  public init(client: GoogleClient, project: String, database: String = "(default)") {
    self.client = client
    root = "projects/\(project)/databases/\(database)/documents"
  }

  /// The base URL of an emulator at `host:port`, else of Google.
  public static func baseURL(emulatorHost: String?) -> String {
    emulatorHost.map { "http://\($0)" } ?? "https://firestore.googleapis.com"
  }

  /// The name of a document, as bodies have it.
  public func name(of path: FirestorePath) -> String {
    path.names.isEmpty ? root : "\(root)/\(path)"
  }

  /// Where a document stands; nil for one of another database.
  public func path(ofName name: String) -> FirestorePath? {
    let prefix = "\(root)/".utf8
    guard name.utf8.starts(with: prefix) else { return nil }
    return FirestorePath(names: Self.names(name.utf8.dropFirst(prefix.count)))
  }

  /// The documents that are there, by their paths.
  public func documents(
    _ paths: [FirestorePath]
  ) async throws(GoogleCallError) -> [FirestorePath: FirestoreDocument] {
    var body = Array(#"{"documents":["#.utf8)
    for (place, path) in paths.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      JSONEscaping.append(name(of: path), to: &body)
    }
    body += "]}".utf8
    let answer = try await client.send(
      GoogleCall(.post, "/v1/\(Self.encode(root)):batchGet", body: body))
    var found: [FirestorePath: FirestoreDocument] = [:]
    for element in answer.elements ?? [] {
      if let document = try element["found"].map(document) { found[document.path] = document }
    }
    return found
  }

  /// What a query finds, one page.
  public func query(
    _ query: FirestoreQuery
  ) async throws(GoogleCallError) -> [FirestoreDocument] {
    let answer = try await client.send(
      GoogleCall(
        .post, "/v1/\(Self.encode(name(of: query.parent))):runQuery", body: query.body(self),
        responseLimit: query.responseLimit))
    var found: [FirestoreDocument] = []
    // The last element may hold no document, and so does the only one of an empty answer.
    for element in answer.elements ?? [] {
      if let document = try element["document"].map(document) { found.append(document) }
    }
    return found
  }

  /// Makes all writes or none.
  ///
  /// - Throws: `ALREADY_EXISTS`, `NOT_FOUND` or `FAILED_PRECONDITION` when a precondition does not hold.
  ///   After an answer that got lost the commit is made again, so a precondition may fail by the
  ///   first one's success: whoever needs to know reads.
  @discardableResult
  public func commit(
    _ writes: some Collection<FirestoreWrite>
  ) async throws(GoogleCallError) -> SessionValue {
    try await commit(encoded: writes.map(encode))
  }

  /// The same, where `made` is one of the writes, of a whole document that must not be there yet. Where it is there
  /// because an earlier try has made it, whose answer got lost, it is made.
  func commit(
    encoded writes: [[UInt8]], making made: FirestoreWrite?
  ) async throws(GoogleCallError) {
    do throws(GoogleCallError) { _ = try await commit(encoded: writes) } catch {
      guard error.followsLostAnswer, error.storeError == .exists, let made,
        case .set(let fields, _) = made.content
      else { throw error }
      var stored = try await documents([made.path])[made.path]?.fields
      for name in made.serverTimes { stored?[name] = nil }
      guard stored == fields else { throw error }
    }
  }

  func commit(
    encoded writes: some Collection<[UInt8]>
  ) async throws(GoogleCallError) -> SessionValue {
    var body: [UInt8] = []
    body.reserveCapacity(writes.reduce(16) { $0 + $1.count + 1 })
    body += #"{"writes":["#.utf8
    for (place, write) in writes.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body += write
    }
    body += "]}".utf8
    var call = GoogleCall(.post, "/v1/\(Self.encode(root)):commit", body: body)
    call.tellsTries = true
    return try await client.send(call)
  }

  func encode(_ write: FirestoreWrite) -> [UInt8] {
    var body: [UInt8] = []
    let name = name(of: write.path)
    switch write.content {
    case .delete:
      body += #"{"delete":"#.utf8
      JSONEscaping.append(name, to: &body)
    case .set(let fields, let mask):
      body += #"{"update":{"name":"#.utf8
      JSONEscaping.append(name, to: &body)
      body += #","fields":"#.utf8
      FirestoreValue.append(fields: fields, to: &body)
      body.append(UInt8(ascii: "}"))
      if let mask {
        body += #","updateMask":{"fieldPaths":["#.utf8
        for (place, path) in mask.enumerated() {
          if place > 0 { body.append(UInt8(ascii: ",")) }
          JSONEscaping.append(path, to: &body)
        }
        body += "]}".utf8
      }
    }
    append(transforms: write, to: &body)
    switch write.precondition {
    case .none: break
    case .exists(let exists): body += #","currentDocument":{"exists":\#(exists)}"#.utf8
    case .updateTime(let time): body += #","currentDocument":{"updateTime":"\#(time)"}"#.utf8
    }
    body.append(UInt8(ascii: "}"))
    return body
  }

  private func append(transforms write: FirestoreWrite, to body: inout [UInt8]) {
    guard !write.serverTimes.isEmpty || !write.increments.isEmpty else { return }
    body += #","updateTransforms":["#.utf8
    var isFirst = true
    for field in write.serverTimes {
      if !isFirst { body.append(UInt8(ascii: ",")) }
      isFirst = false
      body += #"{"fieldPath":"\#(field)","setToServerValue":"REQUEST_TIME"}"#.utf8
    }
    for field in write.increments {
      if !isFirst { body.append(UInt8(ascii: ",")) }
      isFirst = false
      body += #"{"fieldPath":"\#(field)","increment":{"integerValue":"1"}}"#.utf8
    }
    body.append(UInt8(ascii: "]"))
  }

  private func document(_ value: SessionValue) throws(GoogleCallError) -> FirestoreDocument {
    guard let name = value["name"]?.text, let path = path(ofName: name) else {
      throw GoogleCallError(.unreadable("a document of the answer has no name"))
    }
    do {
      return FirestoreDocument(
        path: path, fields: try FirestoreValue.decode(fields: value["fields"]),
        createTime: value["createTime"]?.text ?? "", updateTime: value["updateTime"]?.text ?? "")
    } catch {
      throw GoogleCallError(.unreadable("a document cannot be read: \(error)"))
    }
  }

  private static func encode(_ name: String) -> String {
    names(name.utf8[...]).map(QueryString.percentEncode).joined(separator: "/")
  }

  /// By bytes: in a text a slash and the combining mark that an id begins with are one character.
  private static func names(_ path: Substring.UTF8View) -> [String] {
    path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
  }
}
