import PostgresDriver
import ProgressBusTesting
import Testing

@Suite(.tags(.servers)) struct CopyTests {
  static func rows(_ numbers: some Sequence<Int>, text: String) -> BinaryRows {
    var rows = BinaryRows(capacity: 100)
    for number in numbers {
      rows.beginRow(columns: 2)
      rows.append(Int32(number))
      var columns: [UInt8] = []
      text.utf8.withContiguousStorageIfAvailable {
        BinaryValue.append(text: UnsafeRawBufferPointer($0), to: &columns)
      }
      columns.withUnsafeBytes { rows.append(columns: $0) }
    }
    rows.end()
    return rows
  }

  @Test func rowsArriveAndAreCounted() async throws {
    try await withConnection { connection in
      try await connection.executeScript(
        "create temp table t (n integer primary key, s text)")
      // Several pieces, and more than the socket holds.
      let text = String(repeating: "é", count: 500)
      #expect(try await connection.copy(Self.rows(1...5000, text: text), to: "t (n, s)") == 5000)
      let sum = try await connection.query("select sum(n) as n, min(length(s)) as l from t")
      #expect(try sum.first?.value("n", as: Int.self) == 12_502_500)
      #expect(try sum.first?.value("l", as: Int.self) == 500)
    }
  }

  @Test func aRefusedRowLeavesNoneAndTheConnectionGoesOn() async throws {
    try await withConnection { connection in
      try await connection.executeScript(
        "create temp table t (n integer primary key, s text)")
      do throws(PostgresError) {
        try await connection.copy(Self.rows([1, 2, 1], text: "x"), to: "t")
        Issue.record("it was taken")
      } catch {
        #expect(error.sqlState == "23505")
      }
      do throws(PostgresError) {
        try await connection.copy(Self.rows([1], text: "x"), to: "missing")
        Issue.record("it was taken")
      } catch {
        #expect(error.sqlState == "42P01")
      }
      #expect(try await connection.query("select from t").rowCount == 0)
      #expect(try await connection.copy(Self.rows([1], text: "x"), to: "t") == 1)
    }
  }

  @Test func everyTypeComesBackAsItWasSent() async throws {
    try await withConnection { connection in
      try await connection.executeScript(
        """
        create temp table every (
          i integer, d double precision, b boolean, t timestamptz, u uuid, s text, j jsonb, n text)
        """)
      var columns: [UInt8] = []
      BinaryValue.append(Int32(-7), to: &columns)
      BinaryValue.append(-0.1, to: &columns)
      BinaryValue.append(true, to: &columns)
      BinaryValue.append(microsecondsSince1970: 1_700_000_000_123_456, to: &columns)
      BinaryValue.append(uuid: 0x0102_0304_0506_0708, 0x090A_0B0C_0D0E_0F10, to: &columns)
      Array("ü\"\\".utf8).withUnsafeBytes { BinaryValue.append(text: $0, to: &columns) }
      let json = Array(#"{"a": [1, null]}"#.utf8)
      json.withUnsafeBytes { BinaryValue.append(json: $0, to: &columns) }
      BinaryValue.appendNull(to: &columns)
      var rows = BinaryRows(capacity: 100)
      rows.beginRow(columns: 8)
      columns.withUnsafeBytes { rows.append(columns: $0) }
      rows.end()
      try await connection.copy(rows, to: "every")
      try await connection.executeScript("set time zone 'UTC'")
      let result = try await connection.query("select every::text as t from every")
      #expect(
        try result.first?.value("t", as: String.self)
          == #"(-7,-0.1,t,"2023-11-14 22:13:20.123456+00",01020304-0506-0708-090a-0b0c0d0e0f10,"#
          + #""ü""\\","{""a"": [1, null]}",)"#)
    }
  }
}
