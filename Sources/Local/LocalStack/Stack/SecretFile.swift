import FoundationEssentials
import Glibc
import SystemPackage

/// A random secret in a file that only its owner can read.
enum SecretFile {
  /// 32 hexadecimal digits: 128 bits from the system's generator.
  static func readOrMake(_ path: String) throws -> String {
    do {
      if let data = FileManager.default.contents(atPath: path), !data.isEmpty {
        return String(decoding: data, as: UTF8.self).trimmed
      }
      let secret = (0..<4).map { _ in
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
      }.joined()
      try PrivateFolder.make(FilePath(path).removingLastComponent().string)
      let file = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite])
      try file.closeAfter { _ = try file.writeAll((secret + "\n").utf8) }
      return secret
    } catch let error as Errno {
      throw LocalStackError.fileFailed(path: path, reason: "\(error)")
    }
  }
}
