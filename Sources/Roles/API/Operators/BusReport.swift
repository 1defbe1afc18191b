import EventBus
import Events
import JSONText

/// How the bus is, as `GET /api/v1/bus` tells it.
struct BusReport: Sendable {
  let takenAt: Timestamp
  let faults: [LastingFault]
  let redis: RedisServerReport
  let keys: RedisKeys
  let subscribers: Int?
  let journal: JournalState
  let capacity: Int
  let deadLetters: Int
  let deadLetterCapacity: Int

  /// - Throws: `BusError`.
  static func read(from bus: RedisEventBus, capacity: Int) async throws(BusError) -> BusReport {
    BusReport(
      takenAt: .now(), faults: await bus.faults(), redis: try await bus.report(), keys: bus.keys,
      subscribers: try await bus.channelSubscribers(), journal: try await bus.journal.state(),
      capacity: capacity, deadLetters: try await bus.deadLetters.count(),
      deadLetterCapacity: bus.deadLetters.capacity)
  }

  func answer() -> JSONWriter {
    var json = JSONWriter()
    json.object { json in
      json.member("generated_at", takenAt)
      json.array("faults", faults) { json, lasting in
        json.object { json in
          json.member("fault", lasting.fault.rawValue)
          json.member("reason", lasting.fault.sentence)
          json.member("detail", lasting.detail.isEmpty ? nil : lasting.detail)
          json.member("seconds", Int(lasting.age / .seconds(1)))
        }
      }
      json.object("redis") { json in
        json.member("version", redis.version)
        json.member("memory_policy", redis.evictionPolicy)
        json.member("append_only", redis.appendOnly)
        json.member("used_memory_bytes", redis.usedMemory)
        json.member("memory_limit_bytes", redis.memoryLimit)
      }
      json.object("channel") { json in
        json.member("name", keys.channel)
        json.member("subscribers", subscribers)
      }
      json.object("journal") { json in
        json.member("name", keys.journal)
        json.member("entries", journal.entries)
        json.member("capacity", capacity)
        json.member("first_stream_id", journal.first?.entryID)
        json.member("last_stream_id", journal.last.entryID)
      }
      json.object("dead_letters") { json in
        json.member("name", keys.deadLetters)
        json.member("count", deadLetters)
        json.member("capacity", deadLetterCapacity)
      }
    }
    return json
  }
}
