/// What learners type to join a course: two words and a number, such as `soup-river-42`. 5,898,240 of them: few enough to be
/// read from a wall, too many to be found while wrong ones are limited (`WrongCodeLimit`).
struct JoiningCode: Hashable, Sendable, CustomStringConvertible {
  let description: String

  static func random() -> JoiningCode {
    func word() -> String { words[.random(in: words.indices)] }
    return JoiningCode(known: "\(word())-\(word())-\(Int.random(in: numbers))")
  }

  private init(known: String) { description = known }

  /// Reads what somebody typed: in any case, with spaces for hyphens. Nil for what no code can be.
  init?(_ typed: String) {
    guard typed.utf8.count <= 64 else { return nil }
    let parts = typed.lowercased().split { $0 == "-" || $0.isWhitespace }
    guard parts.count == 3, Self.words.contains(String(parts[0])),
      Self.words.contains(String(parts[1])), let number = Int(parts[2]),
      Self.numbers.contains(number)
    else { return nil }
    description = "\(parts[0])-\(parts[1])-\(number)"
  }

  private static let numbers = 10...99

  /// 256 words that a child can spell, none like another.
  private static let words = """
    acorn album amber anchor angle apple apron arrow atlas autumn bacon badge bagel baker ballet
    balloon bamboo banana banjo barrel basil basket beach beacon bean beaver beetle bell berry
    bicycle biscuit blanket blossom boat book boot bottle box bread breeze brick bridge broom
    brush bucket bunny butter button cabin cactus cake camel camera candle canoe canyon carpet
    carrot castle cello cereal chalk cheese cherry chess circle circus clay cliff clock cloud
    clover coat cobra coconut coffee comet compass cookie copper coral cotton cousin crayon
    cricket crown cube cup curtain daisy dawn desert dice dinner dolphin donkey donut door dragon
    drawer dream drum duck eagle earth easel echo eclipse elbow elephant ember engine falcon farm
    feather fern fiddle field fig finger flag flame flute forest fork fox frost garden garlic
    gecko ginger giraffe glass globe glove goat gold goose grape grass guitar hammer hammock
    harbor harp hat hazel helmet hill honey horse hotel island ivory jacket jam jasmine jelly
    jewel juice jungle kayak kettle key kitchen kite kitten koala ladder lake lamp lantern lemon
    letter lilac lion lizard llama lobster lotus magnet mango maple marble market meadow melon
    mint mirror mitten monkey moon moss motor mountain muffin museum mustard napkin needle nest
    noodle north nutmeg oak oasis ocean olive onion opera orange orbit otter owl oyster paddle
    panda paper parade parrot pasta peach pebble pencil penguin pepper piano pickle picnic pigeon
    pillow pilot pine pirate pizza planet plum pond pony puppet puzzle quilt rabbit radio raft
    rainbow river robin rocket rose saddle salad soup sunset violin walnut
    """.split(whereSeparator: \.isWhitespace).map(String.init)
}
