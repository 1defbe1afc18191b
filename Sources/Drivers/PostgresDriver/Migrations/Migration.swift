/// One file of the migrations folder.
public struct Migration: Sendable, Equatable {
  /// Unique and positive. Numbers may be left out, so that each part of the product has its own range.
  public let version: Int
  public let name: String
  /// The file's name, `NNNN_name.sql`.
  public let fileName: String
  let sql: String
}
