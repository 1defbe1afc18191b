/// Events as a notebook sends them.
enum SampleText {
  static let id = "0192f5a1-7b3c-7def-8123-456789abcdef"

  /// A valid event; `members` follow its own and start with a comma.
  static func event(_ members: String = "", student: String = "s-1") -> String {
    #"{"event_type":"cell_executed","student_id":"\#(student)","notebook_path":"a.ipynb"\#(members)}"#
  }

  /// A valid event of a given length in bytes.
  static func event(ofLength length: Int) -> String {
    let frame = event(#","code":"""#).utf8.count
    return event(#","code":"\#(String(repeating: "x", count: length - frame))""#)
  }

  static func array(_ count: Int) -> String {
    "[" + repeatElement(event(), count: count).joined(separator: ",") + "]"
  }
}
