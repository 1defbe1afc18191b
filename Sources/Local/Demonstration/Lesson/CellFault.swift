/// A mistake that learners make in a cell, as Python words it.
struct CellFault: Sendable {
  let errorName: String
  let message: String

  init(_ errorName: String, _ message: String) {
    self.errorName = errorName
    self.message = message
  }
}
