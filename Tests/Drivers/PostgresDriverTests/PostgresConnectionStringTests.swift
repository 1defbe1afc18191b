import PostgresDriver
import Testing

struct PostgresConnectionStringTests {
  @Test(arguments: [
    "postgresql://u:p%2Fw%40@h:5432/d?sslmode=require", "postgres://h",
    "postgresql:///d?host=/run/p",
    "postgresql://a:1,b:2/d?target_session_attrs=read-write", "postgresql://u@[::1]:5432/d",
    "host=h port=5432 user='a b' password='p@w' dbname=d", "postgresql://h/d?connect_timeout=3",
  ]) func whatLibpqConnectsByIsGood(_ text: String) {
    #expect(PostgresConnectionString.fault(in: text) == nil)
  }

  /// Each with a part of the password where libpq would quote it.
  @Test(arguments: [
    ("postgresql://u:hunter%zz2@h/d", "is no connection URI"),
    ("postgresql://u:hunter2/pw@h/d", "its port is no number"),
    ("postgresql://u:pw@hunter2@h/d", "its host has an @"),
    ("postgresql://h/d?password=pw&hunter2", "is no connection URI"),
    ("postgresql://h/d?hunter2=1", "is no connection URI"),
    ("postgresql://h:0/d", "its port is no number"),
    ("postgresql://h/d?connect_timeout=hunter2", "its connect_timeout is no number"),
    ("host=h password=pw hunter2", "is no list of key=value"), ("hunter2=1", "is no list"),
    ("hunter2", "is neither"), ("", "is neither"), ("mysql://u:hunter2@h/d", "is neither"),
  ]) func whatIsWrongIsSaidWithoutAWordOfIt(_ text: String, _ reason: String) throws {
    let fault = try #require(PostgresConnectionString.fault(in: text))
    #expect(fault.contains(reason), "\(fault)")
    #expect(!fault.contains("hunter"))
  }
}
