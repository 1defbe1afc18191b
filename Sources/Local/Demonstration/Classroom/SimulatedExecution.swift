/// What is told of a cell that ran.
public struct SimulatedExecution: Sendable, Equatable, Encodable {
  public let cellID: String
  /// From 0.
  public let cellIndex: Int
  public let cellType = "code"
  public let executionCount: Int
  public let durationMilliseconds: Double
  public let hasError: Bool
  public let errorName: String?
  public let errorMessage: String?

  private enum CodingKeys: String, CodingKey {
    case cellID = "cell_id"
    case cellIndex = "cell_index"
    case cellType = "cell_type"
    case executionCount = "execution_count"
    case durationMilliseconds = "duration_ms"
    case hasError = "has_error"
    case errorName = "error_name"
    case errorMessage = "error_message"
  }
}
