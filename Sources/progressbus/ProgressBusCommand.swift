@main
struct ProgressBusCommand {
  static func main() {}
}
