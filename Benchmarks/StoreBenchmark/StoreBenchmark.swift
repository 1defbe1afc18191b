import EventBus
import Foundation
import Logging
import NIOCore
import PostgresDriver
import PostgresSink
import WorkerRuntime

/// Stores a class's events through the worker's sink, and prints PostgreSQL's CPU time an event beside
/// that of a plain insert of the same JSON and of COPY of the same rows, as JSON.
///
///     StoreBenchmark STORE_URL INSERT_URL FILE LEARNERS COURSES CELLS BATCH EVENTS
///
/// The databases have the project's tables and nothing in them; COPY goes through FILE, which PostgreSQL
/// writes. The first batches, which meet cold caches and unplanned statements, do not count.
@main
struct StoreBenchmark {
  static let columns = """
    event_id, event_type, occurred_at, received_at, course_id, student_id, team, session_id, \
    notebook_path, cell_id, cell_index, cell_type, execution_count, has_error, error_name, \
    error_message, duration_ms, code, result, attributes
    """
  static let insert = """
    insert into progress_events (\(columns)) select \(columns) from json_to_recordset($1) as event(
      event_id uuid, event_type text, occurred_at timestamptz, received_at timestamptz,
      course_id text, student_id text, team text, session_id text, notebook_path text, cell_id text,
      cell_index integer, cell_type text, execution_count integer, has_error boolean,
      error_name text, error_message text, duration_ms double precision, code text, result text,
      attributes jsonb)
    """
  static let warmUp = 2

  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 9, let learners = Int(arguments[4]), let courses = Int(arguments[5]),
      let cells = Int(arguments[6]), let size = Int(arguments[7]), let count = Int(arguments[8]),
      count > size * (warmUp + 1)
    else {
      print("usage: StoreBenchmark STORE_URL INSERT_URL FILE LEARNERS COURSES CELLS BATCH EVENTS")
      exit(2)
    }
    var logger = Logger(label: "store")
    logger.logLevel = .warning
    let store = try await PostgresConnection.connect(
      PostgresConfiguration(url: arguments[1]), logger: logger)
    let insert = try await PostgresConnection.connect(
      PostgresConfiguration(url: arguments[2]), logger: logger)
    let sink = PostgresSink(
      PostgresConfiguration(url: arguments[1]), lanes: 1, batchSize: size, logger: logger)
    let learningClass = ClassAtWork(
      learners: learners, cellsOfANotebook: cells, courses: courses)

    var stored = 0.0
    var inserted = 0.0
    var worker = 0.0
    var counted = 0
    // In turn, batch by batch: whatever else the machine does, it does to both.
    for (number, start) in stride(from: 0, to: count, by: size).enumerated() {
      let batch = (start..<min(start + size, count)).map(learningClass.entry)
      let clock = processTime()
      let before = try await ProcessorTime(of: "store", askedOn: insert).seconds()
      guard try await sink.write(batch).isEmpty else { fatalError("events were refused") }
      let after = try await ProcessorTime(of: "store", askedOn: insert).seconds()
      let own = processTime() - clock
      let json = document(batch)
      let backend = try await ProcessorTime(of: insert)
      let start = try backend.seconds()
      try await insert.query(Self.insert, [.json(json)])
      let end = try backend.seconds()
      guard number >= warmUp else { continue }
      stored += after - before
      inserted += end - start
      worker += own
      counted += batch.count
    }
    let copied = try await copy(on: store, through: arguments[3])
    await sink.close()
    print(
      """
      {"store_us": \(stored / Double(counted) * 1e6), \
      "worker_us": \(worker / Double(counted) * 1e6), \
      "insert_us": \(inserted / Double(counted) * 1e6), \
      "copy_us": \(copied / Double(count) * 1e6)}
      """)
  }

  /// COPY of what was stored into a table with the same columns and primary key.
  private static func copy(on connection: PostgresConnection, through file: String) async throws
    -> Double
  {
    try await connection.executeScript(
      """
      copy progress_events (\(columns)) to '\(file)';
      create table copied (like progress_events including storage including defaults);
      alter table copied add primary key (event_id);
      checkpoint
      """)
    let backend = try await ProcessorTime(of: connection)
    let before = try backend.seconds()
    try await connection.executeScript("copy copied (\(columns)) from '\(file)'")
    return try backend.seconds() - before
  }

  private static func document(_ batch: [JournalEntry]) -> JSONDocument {
    var document = JSONDocument(capacity: batch.reduce(2) { $0 + $1.payload.readableBytes + 1 })
    for (index, entry) in batch.enumerated() {
      document.append(UInt8(ascii: index == 0 ? "[" : ","))
      document.append(contentsOf: entry.payload.readableBytesView)
    }
    document.append(UInt8(ascii: "]"))
    return document
  }

  /// CPU time of this process.
  private static func processTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
