import Foundation
import JSONText
public import Logging
public import PostgresDriver

/// An outline as PostgreSQL has it.
public struct StoredOutline: Sendable, Equatable {
  /// As the teacher gave it.
  public let notebook: String
  /// From 1.
  public let version: Int
  /// RFC 3339, in UTC.
  public let uploadedAt: String
  public let outline: NotebookOutline
}

/// Outlines in PostgreSQL (`sql/0290_outlines.sql`). Names are taken in Unicode's normal form C, as those in events are.
public struct OutlineStore: Sendable {
  private let pool: PostgresPool

  /// Connects to nothing yet.
  public init(_ configuration: PostgresConfiguration, logger: Logger) {
    pool = PostgresPool(
      answering: "outlines", configuration, size: 2, logger: logger)
  }

  /// - Parameter pool: somebody else's, for reading.
  init(pool: PostgresPool) { self.pool = pool }

  public func close() async { await pool.close() }

  /// - Returns: the version; nil where the course has as many outlines as it may have (500).
  public func upload(
    _ outline: NotebookOutline, of course: String, notebook: String
  ) async throws -> Int? {
    let entries = String(decoding: try JSONEncoder().encode(outline.entries), as: UTF8.self)
    return try await pool.query(
      "select store_outline($1, $2, $3::jsonb) as version",
      [.text(course.composed), .text(notebook.composed), .json(JSONDocument(entries))]
    ).first?.optional("version")
  }

  /// The outline for a notebook of that path, or of one that ends alike.
  ///
  /// - Parameter version: nil for the newest.
  public func outline(
    of course: String, for notebook: String, version: Int? = nil
  ) async throws -> StoredOutline? {
    let rows = try await pool.query(
      "select distinct notebook_path from outlines where course_id = $1", [.text(course.composed)]
    ).rows
    var paths: [String] = []
    for row in rows { paths.append(try row.value("notebook_path")) }
    guard let path = OutlinePath.best(for: notebook.composed, among: paths) else { return nil }
    let found = try await pool.query(
      """
      select \(Self.columns) from outlines
      where course_id = $1 and notebook_path = $2 and ($3::bigint is null or version = $3::bigint)
      order by version desc limit 1
      """,
      [.text(course.composed), .text(path), version.map { .integer(Int64($0)) } ?? .null])
    return try found.first.map(Self.stored)
  }

  /// The newest version of each outline of a course, by path.
  public func outlines(of course: String) async throws -> [StoredOutline] {
    let rows = try await pool.query(
      """
      select distinct on (notebook_path) \(Self.columns) from outlines
      where course_id = $1 order by notebook_path, version desc
      """, [.text(course.composed)]
    ).rows
    return try rows.map(Self.stored)
  }

  /// Deletes all versions of the outline of exactly that path.
  ///
  /// - Returns: how many versions there were.
  public func delete(of course: String, notebook: String) async throws(PostgresError) -> Int {
    try await pool.query(
      "delete from outlines where course_id = $1 and notebook_path = $2",
      [.text(course.composed), .text(notebook.composed)]
    ).affectedRows
  }

  private static let columns = """
    notebook_path, version, entries::text as entries,
      to_char(uploaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as uploaded_at
    """

  private static func stored(_ row: PostgresRow) throws -> StoredOutline {
    let entries: String = try row.value("entries")
    return StoredOutline(
      notebook: try row.value("notebook_path"), version: try row.value("version"),
      uploadedAt: try row.value("uploaded_at"),
      outline: NotebookOutline(
        entries: try JSONDecoder().decode([OutlineEntry].self, from: Data(entries.utf8))))
  }
}
