public import Events
public import JSONText
import NIOCore

extension JSONWriter {
  /// What was written.
  var buffer: ByteBuffer { ByteBuffer(bytes: bytes) }

  /// In the canonical form, 27 characters.
  public mutating func member(_ name: StaticString, _ value: Timestamp?) {
    guard let value else { return member(name, nil as String?) }
    member(name, length: Timestamp.canonicalLength, value.write)
  }

  /// One letter a cell, in one word.
  mutating func member(_ name: StaticString, _ cellStates: [CellState]) {
    member(name, length: cellStates.count) { bytes in
      for (place, state) in cellStates.enumerated() { bytes[place] = state.rawValue }
    }
  }
}
