import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import Observability

@Suite struct RedactingLogHandlerTests {
  private final class Output: Sendable {
    private let bytes = NIOLockedValueBox<[UInt8]>([])
    var text: String { String(decoding: bytes.withLockedValue { $0 }, as: UTF8.self) }
    func append(_ more: [UInt8]) { bytes.withLockedValue { $0 += more } }
  }

  private func logged(
    _ format: LogFormat, _ body: (Logger) -> Void
  ) -> String {
    let output = Output()
    let writer = LogWriter { output.append($0) }
    let logger = Logger(label: "worker") { label in
      RedactingLogHandler(
        label: label, level: .trace, format: format,
        redactedKeys: RedactedKeys(["student_id", "student_name"]), writer: writer,
        metadataProvider: nil, now: { Date(timeIntervalSince1970: 1_700_000_000.125) })
    }
    body(logger)
    writer.flush()
    return output.text
  }

  @Test(arguments: Logger.Level.allCases, LogFormat.allCases)
  func hidesPersonalFieldsAboveDebug(level: Logger.Level, format: LogFormat) {
    let text = logged(format) { logger in
      var logger = logger
      logger[metadataKey: "studentName"] = "Ada"
      logger.log(
        level: level, "stored",
        metadata: [
          "student_id": "s-1", "sink": "postgres", "event": ["student-id": "s-2", "team": "red"],
          "all": [["student_id": "s-3"]],
        ])
    }
    let isHidden = level > .debug
    for secret in ["s-1", "s-2", "s-3", "Ada"] {
      #expect(text.contains(secret) == !isHidden)
    }
    #expect(text.contains("<redacted>") == isHidden)
    #expect(text.contains("postgres"))
    #expect(text.contains("red"))
  }

  @Test func printsTextLines() {
    let text = logged(.text) {
      $0.info("sink is back", metadata: ["sink": "postgres", "reason": "a b", "empty": ""])
    }
    #expect(
      text
        == "2023-11-14T22:13:20.125Z INFO worker: sink is back empty=\"\" reason=\"a b\" sink=postgres\n"
    )
  }

  @Test func printsJSONLines() throws {
    let text = logged(.json) {
      $0.warning(
        "a \"quoted\" \\ word\nand line", metadata: ["list": ["x", ["y": "z"]], "n": "\u{7}"])
    }
    #expect(text.split(separator: "\n").count == 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["time"] as? String == "2023-11-14T22:13:20.125Z")
    #expect(object["level"] as? String == "warning")
    #expect(object["message"] as? String == "a \"quoted\" \\ word\nand line")
    let metadata = try #require(object["metadata"] as? [String: Any])
    #expect(metadata["n"] as? String == "\u{7}")
    #expect((metadata["list"] as? [Any])?.count == 2)
  }

  @Test(arguments: ["\n", "\r\n", "\u{1B}[2K", "\u{85}", "\u{2028}", "\u{202E}", "\u{0}", "\u{9B}"])
  func noValueForgesALine(evil: String) {
    let text = logged(.text) {
      $0.info("message\(evil)x", metadata: ["value\(evil)": "v\(evil)2024 ERROR"])
    }
    #expect(text.unicodeScalars.filter { $0 == "\n" }.count == 1)
    for scalar in evil.unicodeScalars
    where scalar != "\n" && scalar.value > 0x7E || scalar.value < 32 {
      #expect(!text.dropLast().unicodeScalars.contains(scalar))
    }
  }

  @Test func aWriterThatIsFullDropsAndSaysHowMany() {
    let output = Output()
    let gate = DispatchSemaphore(value: 0)
    let entered = DispatchSemaphore(value: 0)
    let writer = LogWriter(limit: 20) { bytes in
      entered.signal()
      gate.wait()
      output.append(bytes)
    }
    writer.append("first")
    entered.wait()
    for _ in 0..<5 { writer.append("12345678") }
    for _ in 0..<2 { gate.signal() }
    writer.flush()
    #expect(
      output.text
        == "first\n12345678\n12345678\n3 log records were dropped: they came faster than written\n")
  }
}
