import Testing

@testable import WorkerRuntime

@Suite struct PoisonPolicyTests {
  @Test(arguments: [
    (1, PoisonPolicy.Verdict.writeWithOthers), (10, .writeWithOthers), (11, .writeAlone),
    (20, .writeAlone), (21, .deadLetter), (.max, .deadLetter),
  ])
  func setsApartWhatReadersDoNotSurvive(deliveries: Int, verdict: PoisonPolicy.Verdict) {
    #expect(PoisonPolicy().verdict(deliveries: deliveries) == verdict)
  }
}
