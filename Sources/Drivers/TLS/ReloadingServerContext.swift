internal import Foundation
internal import NIOConcurrencyHelpers

/// A server's certificate and key as they stand in their files now. New connections get what was loaded
/// last; those that stand keep what they began with.
public final class ReloadingServerContext: Sendable {
  private struct Loaded {
    var context: TLSContext
    var files: [FileState]
  }

  /// What tells that a file is another one than before.
  private struct FileState: Equatable {
    let modified: Date?
    let size: Int?
    let number: Int?
  }

  private let certificate: String
  private let key: String
  private let loaded: NIOLockedValueBox<Loaded>

  /// - Throws: `TLSError`, when the files cannot be used.
  public init(certificate: String, key: String) throws(TLSError) {
    (self.certificate, self.key) = (certificate, key)
    // Before the files are read: what changes meanwhile is read again.
    let files = Self.files(certificate, key)
    loaded = NIOLockedValueBox(
      Loaded(context: try .server(certificate: certificate, key: key), files: files))
  }

  public var current: TLSContext { loaded.withLockedValue { $0.context } }

  /// Reads the files again. When they cannot be used, the last that could goes on.
  ///
  /// - Parameter onlyIfChanged: whether files that look as they did are left alone.
  /// - Returns: whether they were read.
  /// - Throws: `TLSError`, once for each state of the files.
  public func reload(onlyIfChanged: Bool) throws(TLSError) -> Bool {
    let files = Self.files(certificate, key)
    if onlyIfChanged, loaded.withLockedValue({ $0.files == files }) { return false }
    loaded.withLockedValue { $0.files = files }
    let context = try TLSContext.server(certificate: certificate, key: key)
    loaded.withLockedValue { $0.context = context }
    return true
  }

  private static func files(_ paths: String...) -> [FileState] {
    paths.map { path in
      // Of what a link points to: renewal often changes the link alone.
      let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      let attributes = try? FileManager.default.attributesOfItem(atPath: target)
      return FileState(
        modified: attributes?[.modificationDate] as? Date, size: attributes?[.size] as? Int,
        number: attributes?[.systemFileNumber] as? Int)
    }
  }
}
