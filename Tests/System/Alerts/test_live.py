"""Rules and panels against a running program, its mirror on, scraped by a real Prometheus.

One test after another: each fault is mended before the next.
"""

from __future__ import annotations

import re

import yaml
from websockets.sync.client import connect

from alerting.dashboard_file import queries
from alerting.program import Program
from alerting.prometheus import Prometheus
from alerting.subscribers import Readers, subscribe
from support.compose_stack import ROOT
from support.waiting import eventually

# These begin with a fault, and are looked at once there was one.
WITH_A_FAULT = re.compile(
    r"bus_errors|rejected|dropped|expired|alerts_total|refused_batches|retries|claimed|gaps|slow_closed")


def rules() -> dict[str, str]:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def test_every_panel_shows_something_with_the_labels_it_names(program: Program, prometheus: Prometheus):
    assert program.post(50) == 202
    program.redis("PUBLISH", "progress-events",
                  '{"event_type":"help","student_id":"s-1","notebook_path":"a.ipynb"}')
    with connect(f"ws://127.0.0.1:{program.port}/ws/dashboard", proxy=None):
        for title, expression, legend in queries():
            # No Firestore belongs to the program.
            if WITH_A_FAULT.search(expression) or "firestore" in expression:
                prometheus.query(expression)
                continue
            series = eventually(
                f"something on {title!r}: {expression}", lambda: prometheus.query(expression))
            for label in re.findall(r"{{(\w+)}}", legend):
                assert all(one["metric"].get(label) for one in series), f"{title}: {expression}"


def test_nothing_fires_while_all_is_well(prometheus: Prometheus):
    eventually("every rule to be evaluated", lambda: prometheus.query("ALERTS") or True)
    for name, expression in rules().items():
        if name != "ProgressBusRestarting":
            assert prometheus.query(expression) == [], name
    assert prometheus.firing() == {}


def test_a_bad_message_by_hand(program: Program, prometheus: Prometheus):
    program.redis("PUBLISH", "progress-events", "no event")
    prometheus.expect("ProgressBusDeadLetters")
    assert prometheus.firing()["ProgressBusDeadLetters"][0]["labels"]["sink"] == "bus"


def test_a_gap(program: Program, prometheus: Prometheus):
    program.redis("XTRIM", "progress-events:journal", "MAXLEN", "0")
    with connect(f"ws://127.0.0.1:{program.port}/ws/dashboard?after=1-1", proxy=None):
        prometheus.expect("ProgressBusGaps")


def test_bigquery_is_away(program: Program, prometheus: Prometheus):
    program.freeze("bigquery")
    assert program.post(1000) == 202 and program.post(500) == 202
    prometheus.expect("ProgressBusMirrorPending")
    program.thaw("bigquery")
    eventually("rows to leave", lambda: "ProgressBusMirrorPending" not in prometheus.firing(), seconds=180)


def test_influxdb_is_away(program: Program, prometheus: Prometheus):
    program.freeze("influxdb")
    # More than one in a hundred of all, so that the 99th percentile is theirs.
    assert program.post(500) == 202
    prometheus.expect("ProgressBusSinkDown", seconds=120)
    down = prometheus.firing()["ProgressBusSinkDown"]
    assert [alert["labels"]["sink"] for alert in down] == ["influxdb"]
    program.thaw("influxdb")
    eventually("the sink to come back", lambda: "ProgressBusSinkDown" not in prometheus.firing(), seconds=120)
    prometheus.expect("ProgressBusSlow")


def test_postgres_is_away_until_the_journal_is_full(program: Program, prometheus: Prometheus):
    program.freeze("postgres")
    statuses = [program.post(1000, padding=700) for _ in range(11)]
    assert set(statuses) == {202}
    prometheus.expect("ProgressBusLag", "ProgressBusJournalFilling")
    assert prometheus.firing()["ProgressBusLag"][0]["labels"]["group"] == "postgres"

    def is_refused() -> bool:
        program.post(1000)
        return "ProgressBusBusFull" in prometheus.firing()

    eventually("ProgressBusBusFull to fire", is_refused, seconds=120)
    program.thaw("postgres")
    eventually("everything stored", lambda: "ProgressBusLag" not in prometheus.firing(), seconds=300)


def test_some_dashboards_read_nothing(program: Program, prometheus: Prometheus):
    # Fewer than a tenth: where more are behind, the machine is the limit, and none is closed.
    readers = Readers(program.port, 90)
    silent = [subscribe(program.port) for _ in range(8)]

    def are_closed() -> bool:
        program.post(300, padding=900)
        return "ProgressBusSlowSubscribers" in prometheus.firing()

    eventually("ProgressBusSlowSubscribers to fire", are_closed, seconds=180)
    readers.close()
    for subscriber in silent:
        subscriber.close()


def test_redis_is_away(program: Program, prometheus: Prometheus):
    program.freeze("redis")

    def is_refused() -> bool:
        program.post(1)
        return {"ProgressBusBusUnavailable", "ProgressBusBusErrors"} <= prometheus.firing().keys()

    eventually("both alerts on the bus to fire", is_refused, seconds=120)
    program.thaw("redis")
    eventually("a 202", lambda: program.post(1) == 202)


def test_the_process_is_gone(program: Program, prometheus: Prometheus):
    program.process.send_signal(19)
    prometheus.expect("ProgressBusProcessDown")
    program.process.send_signal(18)
    eventually("it to be back", lambda: "ProgressBusProcessDown" not in prometheus.firing())


def test_panels_of_faults_show_them_with_the_labels_they_name(prometheus: Prometheus):
    for title, expression, legend in queries():
        if not WITH_A_FAULT.search(expression):
            continue
        series = prometheus.query(expression.replace("[1m]", "[1h]"))
        # BigQuery refused nothing here, and nothing was old enough to expire.
        assert series or re.search(r"expired|alerts_total", expression), expression
        for label in re.findall(r"{{(\w+)}}", legend):
            assert all(one["metric"].get(label) for one in series), f"{title}: {expression}"
