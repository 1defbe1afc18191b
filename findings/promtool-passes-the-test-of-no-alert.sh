#!/bin/bash
# promtool 2.42.0 (Prometheus, Debian 12): the test of an alert that does not exist passes.
#
# Guess: `promtool test rules` fails when a test names an alert that no rule file has.
# Seen: such an alert counts as one that does not fire. A test that it must not fire (`exp_alerts: []`)
#   passes, also after the alert has been renamed, and although the renamed alert fires.
# What follows: one half of an alert's tests dies silently with a new name. Compare the names that the tests
#   use with those of the rules.
#
# usage: findings/promtool-passes-the-test-of-no-alert.sh     needs Debian 12's apt-get, dpkg-deb
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"

apt-get -qq download 'prometheus=2.42.0*' 2>/dev/null
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
usr/bin/promtool --version | head -n 1

cat >rules.yml <<'EOF'
groups:
  - name: journal
    rules:
      - alert: JournalLags
        expr: journal_lag > 10
EOF
cat >tests.yml <<'EOF'
rule_files: [rules.yml]
tests:
  - interval: 1m
    input_series:
      - series: journal_lag
        values: 100x10
    alert_rule_test:
      - alertname: ALERT
        eval_time: 5m
        exp_alerts: []
EOF
for alert in JournalLags JournalLag; do
  sed "s/ALERT/$alert/" tests.yml >"$alert.yml"
  if usr/bin/promtool test rules "$alert.yml" >log 2>&1; then verdict=passes; else verdict=fails; fi
  echo "the test that $alert must not fire $verdict"
done | tee seen
diff seen - <<'END'
the test that JournalLags must not fire fails
the test that JournalLag must not fire passes
END
