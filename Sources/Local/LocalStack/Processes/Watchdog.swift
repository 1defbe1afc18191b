/// The shell script that stands between this process and a server.
///
/// It is the server's parent, holds the read end of a pipe whose write end only this process has, and
/// so learns of this process' death however it comes: the kernel closes the pipe. PR_SET_PDEATHSIG
/// from this process would follow the thread that forked, which comes and goes. The script itself has
/// one thread, so for its own death the server does use PR_SET_PDEATHSIG (setpriv --pdeathsig).
///
/// It runs in a session of its own, and the server in another, so that Ctrl-C in a terminal reaches
/// neither: this process stops its servers in order.
///
/// Arguments: the stop signal, the grace in seconds, then the server's command. It prints the
/// server's process id, then ends with the server's status.
enum Watchdog {
  static let script = """
    stop_signal=$1; grace=$2; shift 2
    trap '' INT QUIT HUP TERM
    exec 3<&0
    (
      trap - INT QUIT HUP TERM
      exec setsid setpriv --pdeathsig KILL -- "$@" </dev/null >&2 3<&-
    ) &
    server=$!
    echo "$server"
    (
      exec >/dev/null 2>&1
      while read -r _ <&3; do :; done
      # A frozen server must wake up to stop, and so must its children.
      family() { echo "$server"; cat "/proc/$server/task/"*"/children"; }
      kill -s "$stop_signal" "$server"
      tenths=$((grace * 10))
      while [ "$tenths" -gt 0 ] && kill -0 "$server"; do
        kill -s CONT $(family)
        sleep 0.1
        tenths=$((tenths - 1))
      done
      kill -s KILL -- "-$server" $(family)
    ) &
    guard=$!
    wait "$server"
    status=$?
    kill -s KILL "$guard"
    kill -s KILL -- "-$server"
    exit "$status"
    """
}
