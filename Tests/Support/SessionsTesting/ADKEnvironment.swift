import FoundationEssentials
import ProgressBusTesting
public import Testing

/// A Python with ADK, its session services, and Google's descriptions of its APIs, as `scripts/test` makes it.
public enum ADKEnvironment {
  private static let folder = "\(ProjectFolder.path)/.build/adk"
  public static let python = "\(folder)/bin/python"

  /// Why tests with it do not run, where they do not.
  public static let missing: Comment =
    "ADK is not installed: scripts/python-environment .build/adk Tests/Support/Python/adk-requirements.txt"
  /// The stamp is written last.
  public static var isInstalled: Bool {
    FileManager.default.fileExists(atPath: "\(folder)/requirements.sha256")
  }
}
