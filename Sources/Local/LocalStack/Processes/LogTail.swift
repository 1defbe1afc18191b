import Glibc
import SystemPackage

/// The last lines of a server's log, for error messages of one line.
enum LogTail {
  static func read(_ path: String, lines: Int = 5) -> String {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    else { return "" }
    let text = try? file.closeAfter {
      let size = try file.seek(offset: 0, from: .end)
      let length = min(size, 8 * 1024)
      return try String(unsafeUninitializedCapacity: Int(length)) { buffer in
        try file.read(
          fromAbsoluteOffset: size - length, into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
    return summary(of: text ?? "", lines: lines)
  }

  static func summary(of text: String, lines: Int = 5) -> String {
    text.split(whereSeparator: \.isNewline).suffix(lines).joined(separator: " | ")
  }
}
