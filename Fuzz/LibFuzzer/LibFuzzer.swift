import Foundation
import FuzzTargets

/// Which target, by the environment: the command line is libFuzzer's.
private let target: FuzzTarget = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
    FileHandle.standardError.write(Data("FUZZ_TARGET must be one of \(names)\n".utf8))
    exit(2)
  }
  return target
}()

/// Writes the target's seeds where libFuzzer looks for inputs (https://llvm.org/docs/LibFuzzer.html#corpus).
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  if getenv("FUZZ_TARGET") == nil {
    // `scripts/fuzz` asks which there are.
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
  }
  guard let folder = getenv("FUZZ_CORPUS").map({ String(cString: $0) }) else { return 0 }
  for (number, seed) in target.seeds.enumerated() {
    guard FileManager.default.createFile(atPath: "\(folder)/seed-\(number)", contents: Data(seed))
    else { fatalError("cannot write into \(folder)") }
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  if let fault = target.fault(of: UnsafeBufferPointer(start: bytes, count: count)) {
    fatalError("\(target.name): \(fault)")
  }
  return 0
}
