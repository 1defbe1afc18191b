import Events
import JSONText

// JSON, read and written. What JSON has no form for is written in the forms of `StructForm`.
extension SessionValue {
  /// Reads a JSON text.
  ///
  /// - Throws: what is wrong with the text: no JSON, a whole number beyond 64 bits, half a surrogate
  ///   pair. Python's `json.dumps` writes `NaN`, which is no JSON.
  public init(json bytes: some Collection<UInt8>) throws(SessionValueError) {
    var tape = JSONTape()
    self = try Self.read(Array(bytes), &tape)
  }

  /// The same with a tape that is kept between texts.
  static func read(_ bytes: [UInt8], _ tape: inout JSONTape) throws(SessionValueError)
    -> SessionValue
  {
    let result = bytes.withUnsafeBufferPointer { bytes -> Result<SessionValue, SessionValueError> in
      do throws(JSONSyntaxError) { try tape.scan(bytes) } catch {
        return .failure(SessionValueError("no JSON: \(error)"))
      }
      var reader = TapeReader(tokens: tape.tokens, bytes: UnsafeRawBufferPointer(bytes))
      do throws(SessionValueError) { return .success(try reader.value()) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Appends the value as JSON. Members stand in the order of their names, so that equal values give
  /// equal bytes.
  public func appendJSON(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .boolean(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let integer): bytes += "\(integer)".utf8
    case .double(let double) where double.isFinite: bytes += "\(double)".utf8
    case .string(let text): JSONEscaping.append(text, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        element.appendJSON(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .map(let members):
      bytes.append(UInt8(ascii: "{"))
      for (place, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        JSONEscaping.append(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.appendJSON(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .double, .timestamp, .bytes, .reference, .geoPoint:
      StructForm.declared(self).appendJSON(to: &bytes)
    }
  }

  public var json: [UInt8] {
    var bytes: [UInt8] = []
    appendJSON(to: &bytes)
    return bytes
  }
}

/// Builds values from the tokens of a scanned text, one after the other.
private struct TapeReader {
  let tokens: JSONTokens
  let bytes: UnsafeRawBufferPointer
  private var index = 0

  init(tokens: JSONTokens, bytes: UnsafeRawBufferPointer) {
    self.tokens = tokens
    self.bytes = bytes
  }

  mutating func value() throws(SessionValueError) -> SessionValue {
    let token = tokens[index]
    index += 1
    switch token.kind {
    case .null: return .null
    case .boolean: return .boolean(bytes[Int(token.start)] == UInt8(ascii: "t"))
    case .string, .key: return .string(try string(token))
    case .integer:
      guard let integer = JSONNumber.integer(text(token), isInteger: true) else {
        throw SessionValueError("a whole number does not fit 64 bits")
      }
      return .integer(integer)
    case .number:
      let double = JSONNumber.double(text(token))
      guard double.isFinite else { throw SessionValueError("a number does not fit a double") }
      return .double(double)
    case .array:
      var elements: [SessionValue] = []
      elements.reserveCapacity(Int(token.count))
      while index < Int(token.next) { elements.append(try value()) }
      return .array(elements)
    case .object:
      var members: [String: SessionValue] = [:]
      members.reserveCapacity(Int(token.count))
      while index < Int(token.next) {
        let key = tokens[index]
        index += 1
        members[try string(key)] = try value()
      }
      // Swift takes names for equal that differ in their normal form alone.
      guard members.count == Int(token.count) else {
        throw SessionValueError("two members have one name")
      }
      return .map(members)
    }
  }

  private func text(_ token: JSONToken) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
  }

  private func string(_ token: JSONToken) throws(SessionValueError) -> String {
    guard !token.traits.contains(.loneSurrogate) else {
      throw SessionValueError("a text holds half a surrogate pair")
    }
    return JSONString.decode(text(token), isEscaped: token.traits.contains(.escaped))
  }
}
