import PostgresDriver
import ProgressBusTesting
import Testing

@Suite(.tags(.servers)) struct StatementTests {
  @Test func everyParameterComesBackAsItWas() async throws {
    try await withConnection { connection in
      let everyByte = (0...255).map { UInt8($0) }
      let words = ["a", "", "q\"uote", "back\\slash", "{}", "Ω,", "NULL"]
      let result = try await connection.query(
        """
        select $1::text as words, $2::bigint as number, $3::boolean as truth, $4::bytea as bytes,
          $5::text as nothing, $6::float8 as ratio, $7::jsonb as document, to_json($8::text[]) as list,
          ''::text as empty, $9::bytea as no_bytes
        """,
        [
          "日本語 😀 'quoted' \u{301}", 9_007_199_254_740_993, .boolean(true), .bytes(everyByte),
          nil, .double(0.1), .json(JSONDocument(#"[{"a":"é"}]"#)), .textArray(words), .bytes([]),
        ])
      let row = try #require(result.first)
      #expect(try row.value("words") == "日本語 😀 'quoted' \u{301}")
      #expect(try row.value("number", as: Int.self) == 9_007_199_254_740_993)
      #expect(try row.value("truth") == true)
      #expect(try row.value("bytes") == everyByte)
      #expect(try row.optional("nothing", as: String.self) == nil)
      #expect(try row.value("ratio") == 0.1)
      #expect(try row.value("document") == #"[{"a": "é"}]"#)
      #expect(try row.value("list") == #"["a","","q\"uote","back\\slash","{}","Ω,","NULL"]"#)
      #expect(try row.value("empty") == "")
      #expect(try row.value("no_bytes") == [UInt8]())
    }
  }

  @Test func everyArrayComesBackAsItWas() async throws {
    try await withConnection { connection in
      var texts = BinaryArray(of: .text)
      for text in ["a", "", "q\"uote", "Ω,", "NULL"] {
        text.utf8.withContiguousStorageIfAvailable {
          texts.append(text: UnsafeRawBufferPointer($0))
        }
      }
      texts.append(text: nil)
      let moments = BinaryArray(of: .timestamp, from: [1_768_464_000_000_001, nil]) {
        $0.append(microsecondsSince1970: $1)
      }
      let integers = BinaryArray(of: .integer, from: [7, nil, Int32.min]) { $0.append($1) }
      let longs = BinaryArray(of: .long, from: [nil, Int64.max]) { $0.append($1) }
      let doubles = BinaryArray(of: .double, from: [0.1, nil]) { $0.append($1) }
      let result = try await connection.query(
        """
        select to_json($1) as texts, extract(epoch from ($2)[1])::text as moment, cardinality($2) as count,
          to_json($3) as integers, to_json($4) as longs, to_json($5) as doubles,
          cardinality($6) as nothing
        """,
        [
          .array(texts), .array(moments), .array(integers), .array(longs), .array(doubles),
          .array(BinaryArray(of: .text)),
        ])
      let row = try #require(result.first)
      #expect(try row.value("texts") == #"["a","","q\"uote","Ω,","NULL",null]"#)
      #expect(try row.value("moment") == "1768464000.000001")
      #expect(try row.value("count") == 2)
      #expect(try row.value("integers") == "[7,null,-2147483648]")
      #expect(try row.value("longs") == "[null,9223372036854775807]")
      #expect(try row.value("doubles") == "[0.1,null]")
      #expect(try row.value("nothing") == 0)
    }
  }

  @Test func aStatementIsPreparedOnceAndSurvivesDiscardAndNewColumns() async throws {
    try await withConnection { connection in
      try await connection.executeScript("create table t (a int); insert into t values (1), (2)")
      for _ in 0..<3 {
        #expect(try await connection.query("select * from t").rowCount == 2)
      }
      let prepared = try await connection.query(
        "select count(*) as n from pg_prepared_statements where statement = 'select * from t'")
      #expect(try prepared.first?.value("n") == 1)
      try await connection.executeScript("alter table t add b int default 7")
      #expect(try await connection.query("select * from t").first?.value("b") == 7)
      try await connection.executeScript("discard all")
      #expect(try await connection.query("select * from t").rowCount == 2)
      #expect(try await connection.execute("delete from t where a = $1", [2]) == 1)
    }
  }

  @Test func nulIsRefusedBeforeItIsSent() async throws {
    try await withConnection { connection in
      let error = await #expect(throws: PostgresError.self) {
        try await connection.query("select $1::text", ["a\0b"])
      }
      #expect(error?.sqlState == "22021")
      #expect(error?.category == .data)
      #expect(error?.message == "parameter $1 holds a NUL character")
      #expect(await connection.isReady)
    }
  }

  @Test func errorsCarryTheirStateAndHideTheRow() async throws {
    try await withConnection { connection in
      try await connection.executeScript(
        "create table people (name text constraint short check (length(name) < 5), age int)")
      let violation = await #expect(throws: PostgresError.self) {
        try await connection.query("insert into people values ($1, 1)", ["Secret Name"])
      }
      #expect(violation?.sqlState == "23514")
      #expect(violation?.severity == "ERROR")
      #expect(violation?.table == "people")
      #expect(violation?.constraint == "short")
      #expect(violation?.detail?.contains("Secret Name") == true)
      #expect(violation?.description.contains("Secret") == false)
      #expect(violation?.category == .data)

      let malformed = await #expect(throws: PostgresError.self) {
        try await connection.query("select $1::text::int", ["alice@example.org"])
      }
      #expect(malformed?.sqlState == "22P02")
      #expect(malformed?.description.contains("alice") == false)

      let missing = await #expect(throws: PostgresError.self) {
        try await connection.query("select * from nowhere")
      }
      #expect(missing?.sqlState == "42P01")
      #expect(missing?.category == .statementOrAccess)
      #expect(missing?.position == 15)
    }
  }

  @Test func wrongReadsNameTheColumn() async throws {
    try await withConnection { connection in
      let row = try #require(try await connection.query("select 'x' as word, null as gap").first)
      #expect(throws: PostgresError(.invalidResult, "column word is not an integer")) {
        try row.value("word", as: Int.self)
      }
      #expect(throws: PostgresError(.invalidResult, "column gap is NULL")) {
        try row.value("gap", as: String.self)
      }
      #expect(
        throws: PostgresError(.invalidResult, "the result has no column typo, only word, gap")
      ) {
        try row.value("typo", as: String.self)
      }
    }
  }

  @Test func copyIsRefusedAndDoesNotHang() async throws {
    try await withConnection { connection in
      await #expect(throws: PostgresError.self) {
        try await connection.executeScript("copy (select 1) to stdout")
      }
      #expect(await !connection.isReady)
    }
  }

  @Test func aLargeDocumentArrivesWhole() async throws {
    try await withConnection { connection in
      var document = JSONDocument(capacity: 0)
      document.append(UInt8(ascii: "["))
      let item = #"{"text":"\#(String(repeating: "ü", count: 4000))"},"#
      for _ in 0..<2000 { document.append(contentsOf: item.utf8) }
      document.append(contentsOf: "null]".utf8)
      let row = try await connection.query(
        "select json_array_length($1) as n, length($1 -> 1999 ->> 'text') as l",
        [.json(document)]
      ).first
      #expect(try row?.value("n") == 2001)
      #expect(try row?.value("l") == 4000)
    }
  }
}
