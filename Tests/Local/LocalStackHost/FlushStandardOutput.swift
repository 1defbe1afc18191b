import Glibc

func flushStandardOutput() {
  // nil flushes every stream (fflush(3)).
  fflush(nil)
}
