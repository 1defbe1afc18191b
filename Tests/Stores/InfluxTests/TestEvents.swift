import EventBus
import NIOCore

/// Events for the tests, as canonical JSON.
enum TestEvents {
  static let id = "0192f3a4-5b6c-7d8e-9f00-112233445566"

  /// A `cell_executed`; `members` go over the defaults, and nil takes one away. Values are JSON.
  static func json(_ members: KeyValuePairs<String, String?> = [:]) -> String {
    var all: [(String, String?)] = [
      ("event_id", quoted(id)), ("event_type", quoted("cell_executed")),
      ("occurred_at", quoted("2026-11-21T10:00:00.123456Z")), ("course_id", quoted("default")),
      ("student_id", quoted("s1")), ("notebook_path", quoted("a.ipynb")),
    ]
    for (name, value) in members {
      if let index = all.firstIndex(where: { $0.0 == name }) {
        all[index].1 = value
      } else {
        all.append((name, value))
      }
    }
    let text = all.compactMap { name, value in value.map { "\(quoted(name)):\($0)" } }
    return "{" + text.joined(separator: ",") + "}"
  }

  static func entry(
    _ members: KeyValuePairs<String, String?> = [:], eventType: String = "cell_executed"
  ) -> JournalEntry {
    JournalEntry(
      id: StreamID(milliseconds: 1, sequence: 0), eventType: eventType,
      payload: ByteBuffer(string: json(members)))
  }

  /// A different id for every number.
  static func id(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "0192f3a4-5b6c-7d8e-9f00-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// A JSON string. Characters beyond ASCII are written as they are, or escaped.
  static func quoted(_ text: String, escaping: Bool = false) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r" where !escaping: quoted += "\\r"
      case "\t" where !escaping: quoted += "\\t"
      case _ where scalar.value < 0x20 || escaping && scalar.value > 0x7E:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// What a tag's value reads as when it comes back: the same but for the stand-ins.
  static func tagReadBack(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      switch scalar {
      case "\n": result.append("\u{240A}")
      case "\r": result.append("\u{240D}")
      case "\\" where next.map { ",= \\\n\r".unicodeScalars.contains($0) } ?? true:
        result.append("\u{FF3C}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  static let nasty = [
    "plain", "a,b", "a=b", "a b", "\"", "say \"hi\"", "\\", "\\\\", "a\\", "a\\,b", "a\\ b=\"c",
    "\\ \\=\"", "line\nbreak", "cr\r\nlf", "tab\there", "日本語 学習者", "👩‍🎓,🎉", "#comment", "'", " lead",
    "trail ", "C:\\new\\table", "i=1i,x=\"y\" 5\nm f=1", "{\"a\":1}", "é\u{301}", "\u{7F}", "\\n",
  ]
}
