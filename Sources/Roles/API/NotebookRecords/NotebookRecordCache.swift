import JSONText

/// The records of the notebooks that pages look at, within a bound: those that nobody asked for longest
/// go first.
///
/// A record is a value. Whoever brings it forward works on a copy, and two that do so at once leave one of
/// two right records behind.
actor NotebookRecordCache {
  private struct Entry {
    let record: NotebookRecord
    let use: Int
  }

  private let capacity: Int
  private var entries: [ClassroomKey: Entry] = [:]
  private var uses = 0
  private var size = 0

  /// - Parameter capacity: the most rows of all records together, about 100 bytes each; 0 keeps none.
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The course's records, by notebook.
  func records(of course: String) -> [ExactText: NotebookRecord] {
    var records: [ExactText: NotebookRecord] = [:]
    for (key, entry) in entries where key.course.text.isSame(course) {
      if let notebook = key.notebook { records[notebook] = entry.record }
    }
    return records
  }

  func keep(_ record: NotebookRecord, of notebook: String, in course: String) {
    let key = ClassroomKey(course: course, notebook: notebook)
    if let old = entries.removeValue(forKey: key) { size -= old.record.size }
    guard record.size <= capacity else { return }
    while size + record.size > capacity,
      let oldest = entries.min(by: { $0.value.use < $1.value.use })
    {
      entries[oldest.key] = nil
      size -= oldest.value.record.size
    }
    uses += 1
    size += record.size
    entries[key] = Entry(record: record, use: uses)
  }
}
