import Foundation

/// Reads `NNNN_name.sql` files. Other files are left alone.
enum MigrationFolder {
  /// The migrations in order.
  ///
  /// - Throws: `MigrationError` when the folder cannot be read, or two files have one number
  static func read(_ path: String) throws(MigrationError) -> [Migration] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
    var migrations: [Migration] = []
    for fileName in names.filter({ $0.hasSuffix(".sql") && !$0.hasPrefix(".") }).sorted() {
      let migration = try readFile(fileName, in: path)
      if let previous = migrations.last, previous.version == migration.version {
        throw .duplicate(fileName: fileName, other: previous.fileName)
      }
      migrations.append(migration)
    }
    guard !migrations.isEmpty else {
      throw .unreadable(path: path, reason: "the folder holds no .sql file")
    }
    return migrations
  }

  private static func readFile(
    _ fileName: String, in path: String
  ) throws(MigrationError) -> Migration {
    let digits = fileName.prefix(4)
    guard digits.count == 4, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let version = Int(digits), version > 0,
      fileName.dropFirst(4).first == "_", fileName.count > 9
    else { throw .malformedName(fileName: fileName) }
    let file = URL(fileURLWithPath: path).appendingPathComponent(fileName)
    let sql: String
    do {
      sql = try String(contentsOf: file, encoding: .utf8)
    } catch {
      throw .unreadable(path: file.path, reason: error.localizedDescription)
    }
    return Migration(
      version: version, name: String(fileName.dropFirst(5).dropLast(4)), fileName: fileName,
      sql: sql)
  }
}

/// One file of the migrations folder.
public struct Migration: Sendable, Equatable {
  /// Unique and positive. Numbers may be left out, so that each part of the product has its own range.
  public let version: Int
  public let name: String
  /// The file's name, `NNNN_name.sql`.
  public let fileName: String
  let sql: String
}
