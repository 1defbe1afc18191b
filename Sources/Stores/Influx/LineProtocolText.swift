/// Escapes text for InfluxDB's line protocol.
///
/// Line protocol cannot say everything in a tag's value: a newline ends the point, and a backslash
/// cannot itself be escaped, so one that stands last, or before a comma, a space, an equals sign or
/// another backslash, is read differently by different servers (and makes InfluxDB 1.x misread the
/// lines after it). Such characters are replaced by visible stand-ins, one for each, so that two
/// values stay two and a reader can turn them back: `\` by `＼` (U+FF3C), a line feed by `␊` (U+240A),
/// a carriage return by `␍` (U+240D). String fields hold everything as it is.
///
/// Source: docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference.
enum LineProtocolText {
  private static let backslashStandIn = Array("＼".utf8)
  private static let lineFeedStandIn = Array("␊".utf8)
  private static let carriageReturnStandIn = Array("␍".utf8)

  static func escapedMeasurement(_ name: String) -> [UInt8] {
    var escaped: [UInt8] = []
    for byte in name.utf8 {
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") {
        escaped.append(UInt8(ascii: "\\"))
      }
      escaped.append(byte)
    }
    return escaped
  }

  static func escapedKey(_ name: String) -> [UInt8] {
    var escaped: [UInt8] = []
    Array(name.utf8).withUnsafeBytes { appendTagValue($0, to: &escaped) }
    return escaped
  }

  static func appendTagValue(_ value: UnsafeRawBufferPointer, to lines: inout [UInt8]) {
    var written = 0
    func flush(upTo end: Int, _ lines: inout [UInt8]) {
      lines.append(contentsOf: UnsafeRawBufferPointer(rebasing: value[written..<end]))
      written = end
    }
    for index in 0..<value.count {
      let replacement: [UInt8]
      switch value[index] {
      case UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: " "):
        flush(upTo: index, &lines)
        lines.append(UInt8(ascii: "\\"))
        continue
      case UInt8(ascii: "\\") where isAmbiguous(backslashAt: index, in: value):
        replacement = backslashStandIn
      case UInt8(ascii: "\n"): replacement = lineFeedStandIn
      case UInt8(ascii: "\r"): replacement = carriageReturnStandIn
      default: continue
      }
      flush(upTo: index, &lines)
      lines.append(contentsOf: replacement)
      written = index + 1
    }
    flush(upTo: value.count, &lines)
  }

  private static func isAmbiguous(
    backslashAt index: Int, in value: UnsafeRawBufferPointer
  ) -> Bool {
    guard index + 1 < value.count else { return true }
    switch value[index + 1] {
    case UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: " "), UInt8(ascii: "\\"),
      UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      return true
    default:
      return false
    }
  }

  /// Appends one byte of a string field's value.
  @inline(__always)
  static func appendStringByte(_ byte: UInt8, to lines: inout [UInt8]) {
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
      lines.append(UInt8(ascii: "\\"))
    }
    lines.append(byte)
  }
}
