/// Why the bus takes no events. Each cause has one name and one sentence, by which senders, the log,
/// metrics, `/health/ready` and the operators' page are told.
public enum BusFault: String, CaseIterable, Sendable {
  case unreachable
  case overloaded
  case loading
  case replica
  case loneReplica = "lone_replica"
  case wrongNode = "wrong_node"
  case clusterDown = "cluster_down"
  case fewReplicas = "few_replicas"
  case unconfirmed
  case cannotSave = "cannot_save"
  case busy
  case outOfMemory = "out_of_memory"
  case journalFull = "journal_full"
  case wrongType = "wrong_type"
  case otherPartitions = "other_partitions"
  case partitionDown = "partition_down"
  case accessDenied = "access_denied"
  case tooManyConnections = "too_many_connections"
  case unexpected

  /// Without a full stop and without personal data.
  public var sentence: String {
    switch self {
    case .unreachable: "Redis cannot be reached"
    case .overloaded: "Redis is slow: too many events wait for its answer"
    case .loading: "Redis is still reading its data"
    case .replica: "Redis is a replica, and takes no events"
    case .loneReplica: "Redis is a replica that has lost its primary"
    case .wrongNode: "this node of a Redis cluster does not hold the journal"
    case .clusterDown: "the Redis cluster is down"
    case .fewReplicas: "Redis has too few replicas that keep up"
    case .unconfirmed: "too few replicas of Redis confirm that they have the events"
    case .cannotSave: "Redis cannot save its data"
    case .busy: "Redis is busy with a script that does not end"
    case .outOfMemory: "Redis has no memory left"
    case .journalFull: "the journal is full of events that a sink has still to store"
    case .wrongType: "Redis holds something else under a key of the bus"
    case .otherPartitions:
      "the journal in Redis has another number of partitions than this process is set to"
    case .partitionDown: "a part of the Redis cluster takes no events"
    case .accessDenied: "Redis refuses the log-in or a command"
    case .tooManyConnections: "Redis takes no more connections"
    case .unexpected: "Redis answered what it should never answer"
    }
  }

  /// Seconds after which a sender may try again: room comes less quickly than a connection.
  public var retryAfter: Int {
    switch self {
    case .journalFull, .outOfMemory: 5
    default: 1
    }
  }

  /// Whether most of what is asked is done all the same, so that nobody should be sent elsewhere.
  public var concernsSomePartitionsAlone: Bool { self == .partitionDown }

  /// Whether the fault keeps new events out and lets everything else go on: what is in the journal can be
  /// read and stored.
  public var concernsPublishingAlone: Bool {
    switch self {
    case .overloaded, .unconfirmed, .outOfMemory, .journalFull, .accessDenied: true
    default: false
    }
  }
}
