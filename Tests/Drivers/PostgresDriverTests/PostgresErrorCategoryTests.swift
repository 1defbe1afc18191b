import PostgresDriver
import Testing

@Suite struct PostgresErrorCategoryTests {
  @Test(
    arguments: [
      // Data: refused each time.
      ("21000", .data, false), ("22003", .data, false), ("22P02", .data, false),
      ("23505", .data, false), ("44000", .data, false), ("54000", .data, false),
      ("P0001", .data, false),
      // Limits of time: statement, lock, idle in transaction, transaction.
      ("57014", .outOfTime, false), ("55P03", .outOfTime, false), ("25P03", .outOfTime, false),
      ("25P04", .outOfTime, false),
      // The server behind the session: demoted, shutting down, crashed, starting, dropped, idle, lost.
      ("25006", .transient, true), ("57P01", .transient, true), ("57P02", .transient, true),
      ("57P03", .transient, true), ("57P04", .transient, true), ("57P05", .transient, true),
      ("57000", .transient, true), ("08000", .transient, true), ("08006", .transient, true),
      ("08P01", .transient, true),
      // Conflicts and resources, which a new session meets as well.
      ("40001", .transient, false), ("40P01", .transient, false), ("53100", .transient, false),
      ("53300", .transient, false), ("58030", .transient, false), ("55006", .transient, false),
      // What a role, a setting, a search path or a plan of the session may be behind.
      ("42501", .statementOrAccess, true), ("42P01", .statementOrAccess, true),
      ("42883", .statementOrAccess, true), ("42704", .statementOrAccess, true),
      ("3F000", .statementOrAccess, true), ("28000", .statementOrAccess, true),
      ("0A000", .statementOrAccess, true), ("26000", .statementOrAccess, true),
      ("25P02", .statementOrAccess, true), ("55000", .statementOrAccess, true),
      ("XX000", .statementOrAccess, true),
    ] as [(String, PostgresError.Category, Bool)])
  func aStateTellsWhatToDo(
    sqlState: String, category: PostgresError.Category, mayLieInSession: Bool
  ) {
    let error = PostgresError(.server, "", sqlState: sqlState)
    #expect(error.category == category)
    #expect(error.mayLieInSession == mayLieInSession)
    #expect(error.isTransient == (category == .transient || category == .outOfTime))
  }

  @Test(
    arguments: [
      (.connectionFailed, .transient, false), (.connectionLost, .transient, true),
      (.timedOut, .outOfTime, true), (.cancelled, .transient, false),
      (.poolExhausted, .transient, false), (.invalidParameter, .data, false),
      (.invalidResult, .statementOrAccess, false),
    ] as [(PostgresError.Kind, PostgresError.Category, Bool)])
  func aKindTellsWhatToDo(
    kind: PostgresError.Kind, category: PostgresError.Category, mayLieInSession: Bool
  ) {
    let error = PostgresError(kind, "")
    #expect(error.category == category)
    #expect(error.mayLieInSession == mayLieInSession)
  }
}
