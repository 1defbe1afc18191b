import CLibPQ

/// What is wrong with a connection string, in words that hold nothing of it: libpq quotes what it cannot read, and that may be
/// a part of a password whose special characters were not escaped.
public enum PostgresConnectionString {
  /// - Parameter text: a URI or a `key=value` string
  ///   (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
  /// - Returns: nil where libpq can connect by it.
  public static func fault(in text: String) -> String? {
    let escape = "a special character in a user or password is written as %2F, %40 and so on"
    let isURI = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
    guard isURI || text.contains("=") else {
      return "is neither postgresql://user:password@host:port/database nor a list of key=value"
    }
    var message: UnsafeMutablePointer<CChar>?
    defer { PQfreemem(message) }
    guard let options = PQconninfoParse(text, &message) else {
      return isURI
        ? "is no connection URI; \(escape), and its parameters are those of libpq"
        : "is no list of key=value that libpq knows"
    }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val.map({ String(cString: $0) }),
        let fault = fault(of: String(cString: keyword), value)
      {
        return isURI ? "\(fault); \(escape)" : fault
      }
      option += 1
    }
    return nil
  }

  /// What libpq itself looks at only once it connects.
  private static func fault(of keyword: String, _ value: String) -> String? {
    switch keyword {
    case "port":
      let ports = value.split(separator: ",", omittingEmptySubsequences: false)
      let areGood = ports.allSatisfy { $0.isEmpty || Int($0).map((1...65_535).contains) == true }
      return areGood ? nil : "its port is no number from 1 to 65535"
    // A password's @ makes what is behind it the host. A path is that of a socket, and may hold one.
    case "host" where !value.hasPrefix("/") && value.contains("@"): return "its host has an @"
    case "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval",
      "keepalives_count", "tcp_user_timeout":
      return Int(value) == nil ? "its \(keyword) is no number" : nil
    default: return nil
    }
  }
}
