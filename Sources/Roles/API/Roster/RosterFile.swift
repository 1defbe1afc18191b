import Foundation
import JSONText

/// Why a list cannot be a roster: a line, a column, and what is wrong there. Quotes nothing of the list but ids and columns.
public struct RosterFileError: Error, CustomStringConvertible, Equatable {
  public let description: String

  init(_ description: String) { self.description = description }

  init(line: Int, column: String, _ reason: String) {
    self.init("line \(line), column \(column): \(reason)")
  }
}

/// A list of learners as schools have it: a CSV file whose first line names the columns. No I/O.
public enum RosterFile {
  /// Bytes of a list.
  public static let longestFile = 2 << 20
  /// So many faults are told at once.
  private static let toldFaults = 5

  /// The columns that hold an id, the surest first; written as `normalized` gives them.
  private static let idColumns = [
    "studentid", "learnerid", "username", "loginid", "sisloginid", "login", "userid", "user",
    "email", "emailaddress", "mail", "studentnumber", "idnumber", "id",
    "学籍番号", "ユーザー名", "ユーザid", "ユーザーid", "メールアドレス",
  ]
  private static let nameColumns = [
    "studentname", "displayname", "fullname", "name", "learnername", "student", "氏名", "名前",
  ]
  private static let firstNameColumns = ["firstname", "givenname"]
  private static let lastNameColumns = ["lastname", "surname", "familyname"]
  private static let teamColumns = ["team", "group", "groups", "section", "班", "グループ", "チーム"]

  /// - Throws: `RosterFileError`.
  public static func learners(_ file: some Sequence<UInt8>) throws -> [RosterLearner] {
    let bytes = Array(file)
    guard bytes.count <= longestFile else {
      throw RosterFileError("the file has more than \(longestFile) bytes")
    }
    let records: [SeparatedText.Record]
    do { records = try SeparatedText.records(try text(bytes)) } catch let failure
      as SeparatedText.Failure
    {
      throw RosterFileError("line \(failure.line): \(failure.reason)")
    }
    guard let head = records.first else { throw RosterFileError("the file has no line") }
    let columns = try Columns(head)
    var learners: [RosterLearner] = []
    var lines: [String: Int] = [:]
    var faults: [RosterFileError] = []
    var faultCount = 0
    for record in records.dropFirst() {
      guard learners.count <= RosterLearner.maximumCount else { break }
      do {
        let learner = try columns.learner(record)
        if let line = lines[learner.id] {
          throw RosterFileError(
            line: record.line, column: columns.id.name, "the same id as on line \(line)")
        }
        lines[learner.id] = record.line
        learners.append(learner)
      } catch let fault as RosterFileError {
        faultCount += 1
        if faults.count < toldFaults { faults.append(fault) }
      }
    }
    guard faults.isEmpty else {
      let told = faults.map(\.description).joined(separator: "; ")
      let more = faultCount - faults.count
      throw RosterFileError(more > 0 ? "\(told); and \(more) more" : told)
    }
    guard !learners.isEmpty else {
      throw RosterFileError("no learner stands below the first line, which names the columns")
    }
    guard learners.count <= RosterLearner.maximumCount else {
      throw RosterFileError("the file has more than \(RosterLearner.maximumCount) learners")
    }
    return learners
  }

  private static func text(_ bytes: [UInt8]) throws -> String {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      guard let text = String(data: Data(bytes), encoding: .utf16) else {
        throw RosterFileError("the file is no UTF-16, which its first two bytes say")
      }
      return text
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RosterFileError("\(place(ofFaultIn: bytes)): no UTF-8; save the list as \"CSV UTF-8\"")
    }
    return text
  }

  private static func place(ofFaultIn bytes: [UInt8]) -> String {
    var line = 1
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: part, as: UTF8.self) == nil { break }
      line += 1
    }
    return "line \(line)"
  }

  /// Where the fields of a learner are.
  private struct Columns {
    struct Column {
      let place: Int
      /// As the file has it.
      let name: String
    }

    let id: Column
    let name: Column?
    let firstName: Column?
    let lastName: Column?
    let team: Column?

    init(_ head: SeparatedText.Record) throws {
      let names = head.fields.map(Self.normalized)
      func find(_ wanted: [String]) throws -> Column? {
        for name in wanted {
          guard let place = names.firstIndex(of: name) else { continue }
          guard names.lastIndex(of: name) == place else {
            throw RosterFileError(
              "line \(head.line): two columns are \(quoted(head.fields[place]))")
          }
          return Column(place: place, name: quoted(head.fields[place]))
        }
        return nil
      }
      guard let id = try find(idColumns) else {
        throw RosterFileError(
          "line \(head.line): no column is student_id, username, email or id; the first line must name the columns"
        )
      }
      self.id = id
      name = try find(nameColumns)
      firstName = try find(firstNameColumns)
      lastName = try find(lastNameColumns)
      team = try find(teamColumns)
    }

    /// Without case, white space and signs.
    private static func normalized(_ name: String) -> String {
      String(name.composed.lowercased().filter { $0.isLetter || $0.isNumber })
    }

    func learner(_ record: SeparatedText.Record) throws -> RosterLearner {
      guard let id = try text(id, record, longest: RosterLearner.longestID) else {
        throw RosterFileError(line: record.line, column: id.name, "is empty")
      }
      var name = try text(name, record, longest: RosterLearner.longestName)
      if name == nil {
        let parts = try [firstName, lastName].compactMap {
          try text($0, record, longest: RosterLearner.longestName / 2)
        }
        if !parts.isEmpty { name = parts.joined(separator: " ") }
      }
      return RosterLearner(
        id: id, name: name, team: try text(team, record, longest: RosterLearner.longestName))
    }

    /// Nil where there is nothing.
    private func text(
      _ column: Column?, _ record: SeparatedText.Record, longest: Int
    ) throws -> String? {
      guard let column, column.place < record.fields.count else { return nil }
      let text = record.fields[column.place].composed
      guard !text.isEmpty else { return nil }
      guard text.unicodeScalars.count <= longest else {
        throw RosterFileError(
          line: record.line, column: column.name, "has more than \(longest) characters")
      }
      guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else {
        throw RosterFileError(line: record.line, column: column.name, "has a control character")
      }
      return text
    }
  }

  private static func quoted(_ name: String) -> String {
    // A letter may have any number of marks.
    "\"\(String(name.unicodeScalars.prefix(64)))\""
  }
}
