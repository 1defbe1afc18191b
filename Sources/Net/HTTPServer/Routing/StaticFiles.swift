import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

/// Files that are served as they are, from memory. What was not there at the start cannot be asked
/// for, so no path leads out of the folder, no answer waits for a disk, and a page never gets half of
/// its files from a newer version.
///
/// Hummingbird's `FileMiddleware` answers: entity tags, conditional requests, HEAD, media types.
public struct StaticFiles: Sendable {
  private let files: MemoryFiles

  /// Reads a folder and all below it. Hidden files are left out.
  ///
  /// - Throws: `ResourceError` that names what cannot be read.
  public init(folder: String) throws(ResourceError) {
    let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath()
    guard
      let enumerator = FileManager.default.enumerator(
        at: root, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
    else { throw ResourceError(path: folder, reason: "the folder cannot be read") }
    var files: [String: MemoryFile] = [:]
    for case let url as URL in enumerator {
      let isFile = (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile
      guard isFile == true else { continue }
      let path = url.path.dropFirst(root.path.count + 1)
      files[String(path)] = try MemoryFile(reading: url)
    }
    // Nor does the enumerator say when there is no such folder.
    guard !files.isEmpty else { throw ResourceError(path: folder, reason: "it holds no file") }
    self.files = MemoryFiles(files: files)
  }

  /// Reads one file, served under its own name.
  ///
  /// - Throws: `ResourceError` when it cannot be read.
  public init(file path: String) throws(ResourceError) {
    let url = URL(fileURLWithPath: path)
    files = MemoryFiles(files: [url.lastPathComponent: try MemoryFile(reading: url)])
  }

  /// The answer to GET or HEAD.
  ///
  /// - Parameter path: below the folder, without percent encoding.
  /// - Throws: `HTTPError` 404 when there is no such file.
  public func response<Context: RequestContext>(
    _ path: String, to request: Request, _ context: Context
  ) async throws -> Response {
    guard files.files[path] != nil else { throw Self.notFound(request) }
    let server = FileMiddleware<Context, MemoryFiles>(fileProvider: files)
      .withAdditionalMediaTypes(forFileExtensions: Self.mediaTypes)
    var response = try await server.handle(
      Self.asked(request, for: path), context: context
    ) { request, _ in throw Self.notFound(request) }
    if response.headers[.contentType] == nil, response.status == .ok {
      response.headers[.contentType] = "application/octet-stream"
    }
    response.headers[.acceptRanges] = nil
    // Browsers ask each time: the answer is short, and a new version is seen at once.
    response.headers[.cacheControl] = "no-cache"
    for field in SecurityHeaders.all { response.headers.append(field) }
    return response
  }

  private static func notFound(_ request: Request) -> HTTPError {
    HTTPError(.notFound, message: "there is nothing at \(request.uri.path)")
  }

  /// What `FileMiddleware` is asked: a file by its name, with each entity tag of a list by itself, for
  /// it compares whole fields. Ranges of files this small are of no use, and it answers one behind the
  /// file's end with a negative length (Hummingbird 2.28).
  private static func asked(_ request: Request, for path: String) -> Request {
    var head = request.head
    head.path = "/" + (path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path)
    head.headerFields[.range] = nil
    head.headerFields[values: .ifNoneMatch] = head.headerFields[values: .ifNoneMatch]
      .flatMap { $0.split(separator: ",") }
      .map { String($0.trimming(while: \.isWhitespace)) }
    return Request(head: head, body: request.body)
  }

  /// Beyond Hummingbird's own: text is UTF-8, and YAML has a type (RFC 9512).
  private static let mediaTypes: [String: MediaType] = {
    var types = ["yaml": MediaType(type: .application, subType: "yaml")]
    for name in ["html", "css", "js", "mjs", "txt"] {
      types[name] = MediaType.getMediaType(forExtension: name)?
        .withParameter(name: "charset", value: "utf-8")
    }
    return types
  }()
}

extension StringProtocol {
  fileprivate func trimming(while predicate: (Character) -> Bool) -> SubSequence {
    let start = drop(while: predicate)
    guard let last = start.lastIndex(where: { !predicate($0) }) else {
      return start[start.endIndex...]
    }
    return start[...last]
  }
}

/// One file as it was at the start.
private struct MemoryFile: FileMiddlewareFileAttributes, Sendable {
  let isFolder = false
  let modificationDate: Date
  let body: ByteBuffer

  var size: Int { body.readableBytes }

  init(reading url: URL) throws(ResourceError) {
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
      modificationDate = attributes[.modificationDate] as? Date ?? .now
      body = ByteBuffer(bytes: try Data(contentsOf: url))
    } catch {
      throw ResourceError(path: url.path, reason: error.localizedDescription)
    }
  }
}

/// Gives `FileMiddleware` the files by their path below `/`.
private struct MemoryFiles: FileProvider {
  let files: [String: MemoryFile]

  func getFileIdentifier(_ path: String) -> String? { String(path.drop { $0 == "/" }) }

  func getAttributes(id: String) -> MemoryFile? { files[id] }

  func loadFile(id: String, context: some RequestContext) throws -> ResponseBody {
    guard let file = files[id] else { throw HTTPError(.notFound) }
    return ResponseBody(byteBuffer: file.body)
  }

  /// Never asked: `StaticFiles` leaves ranges out.
  func loadFile(
    id: String, range: ClosedRange<Int>, context: some RequestContext
  ) throws -> ResponseBody {
    try loadFile(id: id, context: context)
  }
}

/// What tells browsers to be strict with the page: it needs nothing from elsewhere, and nobody else
/// may frame it.
private enum SecurityHeaders {
  static let all: HTTPFields = {
    var headers: HTTPFields = [
      .contentSecurityPolicy:
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        + "frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff",
    ]
    for (name, value) in [
      ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
      ("Cross-Origin-Opener-Policy", "same-origin"),
      ("Cross-Origin-Resource-Policy", "same-origin"),
      ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ] {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    return headers
  }()
}
