public import Foundation

/// The files of the project.
public enum ProjectFolder {
  public static let url = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../../..").standardized

  public static let path = url.path
}
