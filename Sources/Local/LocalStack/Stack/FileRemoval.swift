import FoundationEssentials

/// Removal of folders that a dying server may still write to.
public enum FileRemoval {
  /// Removes a file or a folder with all that is in it; nothing is there afterwards.
  /// - Throws: `CocoaError`.
  public static func remove(_ path: String) throws {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch let error as CocoaError where error.code == .fileNoSuchFile {
      return
    }
  }
}
