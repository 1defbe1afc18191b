import CoreMetrics
import Foundation

/// Memory, start and build of this process on `/metrics`.
public enum ProcessMetrics {
  /// Adds them to `registry`; resident memory is read at each print.
  ///
  public static func register(in registry: MetricsRegistry, version: String) {
    ProgressBusMetric.buildInfo.gauge([("version", version)], in: registry).set(1)
    ProgressBusMetric.startTime.gauge(in: registry).set(Date().timeIntervalSince1970)
    let memory = ProgressBusMetric.residentMemory.gauge(in: registry)
    registry.onCollect {
      if let bytes = residentBytes() { memory.set(bytes) }
    }
  }

  /// Resident pages from `/proc/self/statm` (proc(5)); nil where there is none.
  static func residentBytes() -> Int? {
    guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii) else {
      return nil
    }
    let numbers = statm.split(separator: " ")
    guard numbers.count > 1, let pages = Int(numbers[1]) else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
