import FoundationEssentials

/// The programs that were built together with these tests.
public enum BuiltProducts {
  /// The absolute path of an executable product. On Linux the test bundle is itself the running
  /// program, and the other products lie beside it.
  public static func path(of product: String) throws -> String {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folder = bundle.prefix(upTo: bundle.lastIndex(of: "/") ?? bundle.startIndex)
    return "\(folder)/\(product)"
  }
}
