internal import BlockingExecutor
internal import Foundation
internal import WorkerRuntime

/// A file of events, one a line, on a thread of its own, for files block.
///
/// The file is opened anew for each batch, under a lock that ends with it: what other processes have added,
/// and a file that was moved away or cut, are then seen before anything is written.
actor LineFile {
  static let lineFeed = UInt8(ascii: "\n")

  /// An event as it stands in the file, without the line feed.
  struct Line: Sendable {
    let id: UUID
    let text: Data

    /// Nil for what is no JSON object with an `event_id`.
    init?(_ text: Data) {
      struct Identified: Decodable {
        let id: UUID

        enum CodingKeys: String, CodingKey {
          case id = "event_id"
        }
      }
      guard let identified = try? JSONDecoder().decode(Identified.self, from: text) else {
        return nil
      }
      id = identified.id
      self.text = text
    }
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let executor = BlockingExecutor(name: "json-lines")
  private let path: String
  /// The ids of the lines before `end`.
  private var known: Set<UUID> = []
  private var end: UInt64 = 0
  /// Which file `end` is a place of.
  private var inode: ino_t = 0

  init(path: String) {
    self.path = path
  }

  /// Appends those lines whose ids the file does not hold, and syncs them to the disk.
  ///
  /// - Throws: `SinkError.unavailable` when the file cannot be opened, read or written. Lines that were
  ///   written all the same are found at the next call.
  func append(_ lines: [Line]) throws(SinkError) {
    do {
      let file = try openLocked()
      defer { try? file.close() }
      try readOn(file)
      var added = Data()
      for line in lines where known.insert(line.id).inserted {
        added += line.text
        added.append(Self.lineFeed)
      }
      guard !added.isEmpty else { return }
      try file.write(contentsOf: added)
      try file.synchronize()
      end += UInt64(added.count)
    } catch {
      forget()
      throw .unavailable("\(path) cannot be written: \(error.localizedDescription)")
    }
  }

  /// Closing the file gives the lock back.
  private func openLocked() throws -> FileHandle {
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard flock(descriptor, LOCK_EX) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    return file
  }

  /// Learns the ids of lines that this process did not write, and cuts a last line off that a crash left
  /// without its end.
  private func readOn(_ file: FileHandle) throws {
    var status = stat()
    guard fstat(file.fileDescriptor, &status) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    if status.st_ino != inode || UInt64(status.st_size) < end { forget() }
    inode = status.st_ino
    try file.seek(toOffset: end)
    var unread = Data()
    while let bytes = try file.read(upToCount: 1 << 20), !bytes.isEmpty {
      unread += bytes
      while let feed = unread.firstIndex(of: Self.lineFeed) {
        if let line = Line(unread[..<feed]) { known.insert(line.id) }
        end += UInt64(feed + 1 - unread.startIndex)
        unread = unread[(feed + 1)...]
      }
    }
    if !unread.isEmpty { try file.truncate(atOffset: end) }
  }

  private func forget() {
    known.removeAll()
    end = 0
    inode = 0
  }
}
