import Foundation

/// The files that the dashboard serves, read once at the start.
public struct DashboardResources: Sendable {
  let page: PageFiles
  /// The OpenAPI file.
  let description: StaticFile

  /// Reads them from where they are: beside the program as the build leaves them, or in
  /// `share/progressbus` of the prefix that the program is installed in.
  ///
  /// - Throws: `ResourceError` that names a file which cannot be read.
  public static func load() throws(ResourceError) -> DashboardResources {
    try DashboardResources(folder: folder())
  }

  /// - Parameter folder: holds `openapi.yaml` and the folder `page`.
  public init(folder: String) throws(ResourceError) {
    page = try PageFiles(folder: folder + "/page")
    description = try StaticFile(file: folder + "/openapi.yaml")
  }

  private static func folder() -> String {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let candidates = [
      program?.appendingPathComponent("ProgressBus_API.resources/Resources").path,
      program?.deletingLastPathComponent().appendingPathComponent("share/progressbus").path,
    ]
    for case let folder? in candidates
    where FileManager.default.fileExists(atPath: folder + "/openapi.yaml") {
      return folder
    }
    // Under `swift test` the program is the test runner. Stops the process, and says where it looked,
    // when the build's folder is gone too.
    return Bundle.module.bundleURL.appendingPathComponent("Resources").path
  }
}
