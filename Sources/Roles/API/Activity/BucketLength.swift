/// Reads `30s`, `5m` or `1h`.
enum BucketLength {
  /// Seconds, from 1 to 86,400; nil for anything else.
  static func seconds(_ text: String) -> Int? {
    let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    guard let unit = text.last, let factor = factors[unit], text.utf8.count <= 6,
      text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(text.dropLast()), (1...86_400).contains(number * factor)
    else { return nil }
    return number * factor
  }
}
