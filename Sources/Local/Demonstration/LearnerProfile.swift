internal import SeededRandom

/// Who a learner is: what stays the same from lesson to lesson.
struct LearnerProfile: Sendable {
  let identifier: String
  let name: String
  let team: String
  /// What the learner takes for a task, times what is typical.
  let pace: Double
  /// How likely mistakes are, times what is typical.
  let carelessness: Double
  /// The probability of asking for help after a further error in a row.
  let openness: Double

  init(number: Int, generator: inout SeededGenerator) {
    let place = number + 1
    identifier = "demo-\(place < 10 ? "0" : "")\(place)"
    name = LearnerNames.name(number)
    team = "Team \(["A", "B", "C", "D", "E", "F"][number % 6])"
    pace = min(max(generator.logNormalFactor(spread: 0.38), 0.5), 2.6)
    carelessness = generator.number(in: 0.5...1.4)
    openness = generator.number(in: 0.1...0.6)
  }
}

/// Names for the class, Japanese and others by turns.
enum LearnerNames {
  private static let japaneseFamilies = [
    "佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田",
    "佐々木", "山口", "松本", "井上", "木村", "林", "斎藤", "清水", "山崎", "森", "池田", "橋本",
  ]
  private static let japaneseGiven = [
    "花子", "太郎", "美咲", "翔太", "さくら", "健太", "葵", "陽菜", "大輔", "結衣", "蓮", "直樹",
    "凛", "悠真", "千尋", "拓海", "七海", "颯太", "芽依", "湊", "真央", "樹", "詩織", "陸",
  ]
  private static let otherFamilies = [
    "Smith", "Okafor", "Müller", "Rossi", "Nguyen", "Silva", "Kowalski", "Haddad", "Larsen",
    "Dubois", "Patel", "Moreau", "Novák", "Garcia", "Jensen", "Mensah", "Ivanova", "O’Brien",
    "Kim", "Tanaka", "Costa", "Yılmaz", "Fischer", "Adeyemi",
  ]
  private static let otherGiven = [
    "Amelia", "Noah", "Zoë", "Liam", "Priya", "Mateo", "Freya", "Omar", "Chiara", "Jonas", "Mei",
    "Lucas", "Ingrid", "Kofi", "Elif", "Hugo", "Anya", "Tomás", "Ruth", "Samir", "Clara", "Ben",
    "Leila", "Oscar",
  ]
  /// More learners than this would share names.
  static let count = 2 * japaneseFamilies.count * japaneseGiven.count

  /// - Parameter number: from 0.
  static func name(_ number: Int) -> String {
    let pair = number / 2
    let size = japaneseFamilies.count
    let family = pair % size
    // Every round through the families pairs them with the next given names.
    let given = (pair * 7 + pair / size) % size
    return number % 2 == 0
      ? "\(japaneseFamilies[family]) \(japaneseGiven[given])"
      : "\(otherGiven[given]) \(otherFamilies[family])"
  }
}
