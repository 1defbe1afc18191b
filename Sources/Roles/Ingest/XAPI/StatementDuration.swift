/// A duration of ISO 8601, as in `PT1H30M` and `P2W`.
struct StatementDuration: Equatable {
  /// What an event's `duration_ms` can say: nearly 32 years.
  private static let longestSeconds = 1e9

  /// Nil for one with years or months, which are not of one length, and for one that no event can say.
  let seconds: Double?

  /// Nil for what is none. Only the last part may have a fraction.
  init?(_ text: String) {
    var rest = Substring(text)
    guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
    var isTime = false
    var order = 0
    var hasFraction = false
    var total = 0.0
    var isFixed = true
    while !rest.isEmpty {
      if rest.first == "T" {
        guard !isTime, rest.count > 1 else { return nil }
        isTime = true
        order = max(order, 4)
        rest.removeFirst()
        continue
      }
      let figure = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
      guard !hasFraction, let first = figure.first, first.isNumber, figure.last?.isNumber ?? false,
        let number = Double(figure.replacing(",", with: ".")), number.isFinite
      else { return nil }
      hasFraction = figure.contains { !$0.isNumber }
      rest = rest.dropFirst(figure.count)
      guard let letter = rest.popFirst(),
        let (place, seconds) = Self.unit(letter, isTime: isTime), place > order
      else { return nil }
      // Weeks stand alone.
      guard letter != "W" || (order == 0 && rest.isEmpty) else { return nil }
      order = place
      if let seconds { total += number * seconds } else if number != 0 { isFixed = false }
    }
    guard order != 0, order != 4 || !isTime else { return nil }
    // A sum of finite parts may be infinite.
    seconds = isFixed && total <= Self.longestSeconds ? total : nil
  }

  private static func unit(
    _ letter: Character, isTime: Bool
  ) -> (place: Int, seconds: Double?)? {
    switch (letter, isTime) {
    case ("Y", false): (1, nil)
    case ("M", false): (2, nil)
    case ("W", false): (3, 604_800)
    case ("D", false): (4, 86_400)
    case ("H", true): (5, 3600)
    case ("M", true): (6, 60)
    case ("S", true): (7, 1)
    default: nil
    }
  }
}
