import Events
import Foundation
import NIOCore

/// Finds the `course_id` of events.
struct CourseLookup {
  /// What an event without one belongs to.
  static let defaultCourse = "default"

  private var tape = JSONTape()

  /// - Returns: nil when `payload` is no JSON object.
  mutating func course(of payload: ByteBuffer) -> String? {
    payload.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      do { try tape.scan(bytes) } catch { return nil }
      guard let object = tape.tokens.first, object.kind == .object else { return nil }
      var index = 1
      while index < object.next {
        let key = tape.tokens[index]
        let value = tape.tokens[index + 1]
        if value.kind == .string, Self.text(of: key, in: bytes).elementsEqual("course_id".utf8) {
          return Self.string(value, in: bytes)
        }
        index = Int(value.next)
      }
      return Self.defaultCourse
    }
  }

  private static func text(
    of token: JSONToken, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Slice<UnsafeBufferPointer<UInt8>> {
    bytes[Int(token.start)..<Int(token.end)]
  }

  private static func string(_ token: JSONToken, in bytes: UnsafeBufferPointer<UInt8>) -> String? {
    guard token.traits.contains(.escaped) else {
      return String(decoding: text(of: token, in: bytes), as: UTF8.self)
    }
    let quoted = Data(bytes[Int(token.start) - 1..<Int(token.end) + 1])
    // A lone surrogate is no text, so no course has that name.
    return try? JSONDecoder().decode(String.self, from: quoted)
  }
}
