import API
import BigQueryMirror
import CoreMetrics
import CurlTransport
import EventBus
import Events
import Influx
import LearnerRights
import Logging
import Observability
import PostgresDriver
import ServiceLifecycle
import TeacherMessages
import WorkerRuntime

// What a process with role worker does.
extension ServerServices {
  func workerServices(_ worker: Worker) throws -> [any Service] {
    var services: [any Service] = [
      worker, WorkerReporter(worker: worker, reports: bus.reports, logger: logger),
    ]
    if configuration.settings.text("database.url") != nil {
      services.append(
        ErasedLearnersKeeper(
          pool: PostgresPool(try configuration.database(), size: 1, logger: logger),
          redis: bus.erasedStore, logger: logger))
      services.append(
        MessageRetention(
          pool: PostgresPool(try configuration.database(), size: 1, logger: logger),
          days: configuration.settings.integer("messages.retention_days"), logger: logger))
      services.append(try makeRetention())
    }
    return services
  }

  private func makeRetention() throws -> CourseRetentionService {
    var deletePoints: CourseRetentionService.PointDeletion?
    if let influx = try configuration.activityInflux(),
      let points = InfluxCoursePoints(
        configuration: influx, transport: CurlTransport(), catalog: catalog)
    {
      deletePoints = { course, moment in try await points.delete(of: course, before: moment) }
    }
    let store = CourseRetentionStore(
      try configuration.database(), statementTimeout: .seconds(60), logger: logger)
    return CourseRetentionService(
      store: store, deletePoints: deletePoints, metrics: registry, logger: logger)
  }

  /// Nil without the role.
  func makeWorker() throws -> Worker? {
    guard configuration.roles.contains(.worker) else { return nil }
    let sinks = try configuration.sinks.map { name -> any Sink in
      let sink = try SinkRegistry.declaration(of: name).configure(configuration)(catalog, logger)
      return ErasureFilteringSink(sink, erased: bus.erased)
    }
    ProgressBusMetric.journalCapacity.gauge(in: registry)
      .set(configuration.settings.integer("journal.max_entries"))
    return Worker(
      sinks: sinks,
      expectedGroups: configuration.expectedGroups,
      journal: bus.journal, deadLetters: bus.deadLetters, register: bus.adoptions,
      decoder: decoder, configuration: configuration.worker, metrics: registry, logger: logger)
  }
}
