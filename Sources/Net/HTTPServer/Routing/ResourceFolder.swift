public import Foundation

/// Finds the files that a target ships beside its code.
public enum ResourceFolder {
  /// Where the resources of a target are: beside the program as the build leaves them, or in
  /// `share/progressbus` of the prefix that the program is installed in.
  ///
  /// - Parameters:
  ///   - target: whose resources are copied as a folder `Resources`.
  ///   - item: a file or folder in it, by which the right place is known.
  ///   - module: the target's `Bundle.module`. Asked last: it stops the process, and says where it
  ///     looked, when the build's folder is gone too.
  public static func locate(
    target: String, holding item: String, module: @autoclosure () -> Bundle
  ) -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let candidates = [
      program?.appendingPathComponent("ProgressBus_\(target).resources/Resources").path,
      program?.deletingLastPathComponent().appendingPathComponent("share/progressbus").path,
    ]
    for case let folder? in candidates
    where FileManager.default.fileExists(atPath: "\(folder)/\(item)") {
      return folder
    }
    // Under `swift test` the program is the test runner.
    return module().bundleURL.appendingPathComponent("Resources").path
  }
}

/// A file that the program serves cannot be read.
public struct ResourceError: Error, Sendable, Equatable, CustomStringConvertible {
  public let path: String
  public let reason: String

  public var description: String { "cannot read \(path): \(reason)" }
}
