/// One file of the migrations folder.
public struct Migration: Sendable, Equatable {
  /// From 1, without gaps.
  public let version: Int
  public let name: String
  /// The file's name, `NNNN_name.sql`.
  public let fileName: String
  let sql: String
}
