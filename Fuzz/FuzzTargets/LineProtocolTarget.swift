import Events
import NIOCore

@testable import Influx

extension FuzzTarget {
  /// The writer of line protocol: an event is one well-formed point or none, and what the journal's decoder let
  /// through always has one where its kind has a measurement.
  static let lineProtocol = FuzzTarget("line-protocol", seeds: SampleEvents.texts) { input in
    // What somebody wrote into the journal by hand, as any kind.
    for kind in EventCatalog.standard.kinds {
      if let fault = pointFault(of: input, as: kind.eventType).fault { return fault }
    }
    guard let event = CanonicalEvent.make(of: input) else { return nil }
    let (outcome, fault) = event.bytes.withUnsafeBufferPointer {
      pointFault(of: $0, as: event.eventType)
    }
    if let fault { return fault }
    if case .refused(let reason) = outcome { return "a decoded event is no point: \(reason)" }
    return nil
  }

  private static let layouts = LineProtocolEncoder.layouts(of: .standard)

  private static func pointFault(
    of payload: UnsafeBufferPointer<UInt8>, as eventType: String
  ) -> (outcome: LineProtocolEncoder.Outcome, fault: String?) {
    var encoder = LineProtocolEncoder(layouts: layouts)
    let before = Array("before 1\n".utf8)
    var lines = before
    let outcome = encoder.append(ByteBuffer(bytes: payload), eventType: eventType, to: &lines)
    guard lines.starts(with: before) else { return (outcome, "the line before was changed") }
    let line = lines[before.count...]
    switch outcome {
    case .appended: return (outcome, WrittenPoint.fault(of: line))
    case .hasNoMeasurement, .refused:
      return (outcome, line.isEmpty ? nil : "something was appended although nothing was to be")
    }
  }
}

/// Reads one line of line protocol by the reference's grammar alone.
private enum WrittenPoint {
  /// What is wrong with it; nil for `measurement[,tag=value…] field=value[,…] time\n`.
  static func fault(of line: ArraySlice<UInt8>) -> String? {
    var section = 0
    var equalsSigns = 0
    var isQuoted = false
    var index = line.startIndex
    while index < line.endIndex {
      let byte = line[index]
      defer { index += 1 }
      if isQuoted {
        if byte == UInt8(ascii: "\\") { index += 1 }
        if byte == UInt8(ascii: "\"") { isQuoted = false }
        continue
      }
      switch byte {
      case UInt8(ascii: "\\") where section < 2: index += 1
      // In a field's value alone a quote opens a string.
      case UInt8(ascii: "\"") where section == 1 && line[index - 1] == UInt8(ascii: "="):
        isQuoted = true
      case UInt8(ascii: "="): equalsSigns += 1
      case UInt8(ascii: " "):
        if section == 1, equalsSigns == 0 { return "a point without a field" }
        section += 1
        equalsSigns = 0
      case UInt8(ascii: "\n"):
        guard index == line.endIndex - 1 else { return "more than one line" }
        return section == 2 ? nil : "a line of \(section + 1) sections"
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      default: if section == 2 { return "a time that is no number" }
      }
    }
    return "a line without an end"
  }
}
