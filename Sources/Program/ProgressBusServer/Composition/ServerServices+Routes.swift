import API
import Access
import BigQueryMirror
import Broadcaster
import CurlTransport
import DeadLetters
import EventBus
import Events
import FirestoreSource
import HTTPServer
import Hummingbird
import Influx
import Ingest
import Joining
import Logging
import Observability
import Pages
import PostgresDriver
import PostgresSink
import SessionRoutes
import SignIn
import TeacherMessages

// What is answered over HTTP, and to whom.
extension ServerServices {
  func webSocketRoute(of hub: BroadcastHub, access: AccessCheck) -> WebSocketRoute {
    var route = hub.route(access: access)
    route.hosts = readerHosts
    route.origins = OriginCheck(
      allowed: configuration.settings.givenList("websocket.allowed_origins") ?? [])
    return route
  }

  /// Where learners' data may be read: whatever is good enough for operators is for teachers.
  private var readerHosts: HostCheck {
    HostCheck(
      (configuration.settings.givenList("http.allowed_hosts") ?? []) + operatorHostNames
        + [configuration.publicHost].compactMap(\.self))
  }

  private var operatorHostNames: [String] {
    configuration.settings.givenList("http.operator_hosts") ?? []
  }

  /// Every route but the ingest's and the WebSocket's, which answer before a router is asked. Each stands in a
  /// group that says what it requires.
  func makeRouter(
    health: HealthRegistry, mirror: MirrorConnections?, access: AccessCheck = .open,
    openID: OpenIDSignIn? = nil, messages: MessageRoutes? = nil,
    proxies: TrustedProxies = TrustedProxies()
  ) throws -> AccessRouter<CallerRequestContext> {
    let base = Router(context: CallerRequestContext.self, options: .autoGenerateHeadEndpoints)
    base.add(middleware: ProblemMiddleware())
    base.add(middleware: CrossOriginProtection())
    let router = AccessRouter(base, check: access, proxies: proxies)
    let watching = HealthAndMetricsRoutes(registry: registry, health: health)
    watching.addHealth(to: router.requiring(.open))
    watching.addMetrics(to: router.requiring(.operating))
    let operatorHosts = KnownHosts<CallerRequestContext>(
      HostCheck(operatorHostNames, hint: "PROGRESSBUS_HTTP_OPERATOR_HOSTS adds names"))
    let operators = router.requiring(.operating).add(middleware: operatorHosts)
    let readers = router.requiring(.reading).add(middleware: KnownHosts(readerHosts))
    let anybody = router.requiring(.open).add(middleware: KnownHosts(readerHosts))
    if let mirror {
      MirrorRoutes(controller: mirror.controller, audit: mirror.audit).add(to: operators)
      // Its rows name no course, so no teacher's token can be for them.
      StatisticsRoutes(
        statistics: LearnerStatistics(controller: mirror.controller, cache: bus.cache)
      ).add(to: router.requiring(.operating).add(middleware: KnownHosts(readerHosts)))
    }
    if configuration.roles.contains(.ingest) {
      CloudEventRoute(
        rules: try configuration.completionRules(), database: try configuration.firestoreDatabase(),
        publisher: CompletedSessionPublisher(publisher: bus.publisher, decoder: decoder),
        bodyLimit: configuration.ingest.bodyBytes, metrics: registry, logger: logger
      ).add(to: router.requiring(.sending(into: Envelope.defaultCourse)))
    }
    if configuration.roles.contains(.dashboard) {
      OperatorRoutes(
        bus: bus, journalCapacity: configuration.settings.integer("journal.max_entries"),
        deadLetters: DeadLetterService(
          bus: .init(bus, configuration, catalog: catalog), rows: mirror?.controller),
        sinks: SinkRegistry.deadLetterNames, audit: mirror?.audit
      ).add(to: operators)
      SessionRoutes(
        sessions: try SessionConnections.makeRouter(configuration), audit: mirror?.audit
      ).add(to: operators)
      let reading = try makeReadRoutes()
      reading.add(to: readers)
      reading.addDescription(to: anybody)
      OutlineRoutes(
        store: OutlineStore(try configuration.database(), logger: logger), audit: mirror?.audit
      ).add(to: readers)
      RosterRoutes(
        store: RosterStore(
          try configuration.database(),
          lessonGapMinutes: configuration.settings.integer("lessons.gap_minutes"), logger: logger),
        audit: mirror?.audit
      ).add(to: readers)
      let retention = CourseRetentionRoutes(
        store: CourseRetentionStore(try configuration.database(), logger: logger),
        audit: mirror?.audit)
      retention.addReading(to: readers)
      retention.addSetting(to: operators)
      messages?.addTeachers(to: readers)
      messages?.addLearners(
        to: router.requiring(.sending).add(middleware: KnownHosts(readerHosts)))
      if let joining = try makeJoining(mirror: mirror, access: access, proxies: proxies) {
        joining.addTeachers(to: readers)
        joining.addLearners(to: anybody)
      }
      try configuration.signInRoutes(access: access, openID: openID).add(to: anybody)
      try PageRoutes.load().add(to: anybody)
    }
    return router
  }

  /// Nil where joining by a code is switched off.
  private func makeJoining(
    mirror: MirrorConnections?, access: AccessCheck, proxies: TrustedProxies
  ) throws -> JoiningRoutes? {
    guard configuration.settings.boolean("joining.enabled") else { return nil }
    return JoiningRoutes(
      store: JoiningCodeStore(try configuration.database(), logger: logger), access: access,
      issue: joiningTokens, proxies: proxies, audit: mirror?.audit,
      metrics: registry)
  }

  /// Nil where tokens are another issuer's alone.
  private var joiningTokens: JoiningRoutes.TokenIssuer? {
    guard configuration.signsTokens else { return nil }
    return { [configuration] id, learner, course, seconds in
      try AccessTokens.issue(
        id: id, scopes: [.ingest], subject: learner, courses: [course], lifetime: seconds,
        configuration)
    }
  }

  /// The read API with what this process knows: its database, journal and InfluxDB.
  ///
  /// - Throws: `ConfigurationError` without `DATABASE_URL`, `ResourceError` without `openapi.yaml`.
  private func makeReadRoutes() throws -> ReadRoutes {
    try ReadRoutes(
      database: ReadDatabase(try configuration.database(), logger: logger),
      playbackDatabase: .forPlayback(try configuration.database(), logger: logger),
      position: { [bus, logger] in
        do {
          return try await bus.journal.storedCursor(of: PostgresSink.name)?.description
        } catch {
          logger.debug("the journal's state cannot be read", metadata: ["error": "\(error)"])
          return nil
        }
      },
      activity: try configuration.activityInflux().flatMap {
        InfluxActivitySource($0, transport: CurlTransport())
      },
      alertRules: configuration.classAlertRules,
      lessonGapMinutes: configuration.settings.integer("lessons.gap_minutes"), logger: logger)
  }
}
