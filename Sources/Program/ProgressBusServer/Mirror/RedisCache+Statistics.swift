public import BigQueryMirror
public import EventBus

extension RedisCache: StatisticsCache {
  public func unlock(_ key: String) async throws { try await remove(key) }
}
