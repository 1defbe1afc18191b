"""The commands of docs/operations.md that save data and bring it back."""

from __future__ import annotations


from support.compose_stack import ComposeStack
from support.http import post_json, request
from support.stores import postgres_ids, sql, time_series_numbers
from support.waiting import eventually

TABLES = ["students", "courses", "notebooks", "cell_progress", "progress_events", "enrollments"]


def send(stack: ComposeStack, course: str, numbers: range) -> set[str]:
    events = [
        {"event_type": "cell_executed", "student_id": f"s-{number % 5}", "course_id": course,
         "notebook_path": "week1/a.ipynb", "cell_id": "c1", "execution_count": number,
         "error_message": "\t\\ \"quoted\" ü", "attributes": {"k": [1, "x"][number % 2]}}
        for number in numbers
    ]
    status, answer = post_json(
        stack.url("ingest") + "/student-progress", events, stack.authorization(course))
    assert status == 202
    return {item["event_id"] for item in answer["accepted"]}


def contents(stack: ComposeStack) -> str:
    """Every row of the tables, in an order that does not depend on the database."""
    return "\n".join(
        sql(stack, f"select md5(string_agg(t::text, '\n' order by t::text)) from {table} t")
        for table in TABLES)


def test_postgres_is_restored_from_its_dump_and_the_journal(
    stack: ComposeStack, course: str, tmp_path
):
    saved = send(stack, course, range(100))
    eventually("100 rows", lambda: set(postgres_ids(stack, course)) == saved)
    before = contents(stack)
    dump = tmp_path / "progressbus.dump"
    stack.save(dump, "exec", "-T", "postgres", "pg_dump", "-U", "progressbus", "--format=custom",
               "progressbus")
    later = send(stack, course, range(100, 150))
    eventually("150 rows", lambda: len(postgres_ids(stack, course)) == 150)

    # Everything is lost but the dump.
    stack.run("stop", "worker", "dashboard")
    sql(stack, "drop schema public cascade; create schema public")
    stack.load(dump, "exec", "-T", "postgres", "pg_restore", "-U", "progressbus", "--clean",
               "--if-exists", "--exit-on-error", "--dbname", "progressbus")
    assert contents(stack) == before
    stack.run("run", "--rm", "migrate")

    # What the journal still holds is stored once more.
    stack.execute("redis", "redis-cli", "XGROUP", "SETID", "progress-events:journal", "postgres", "0")
    stack.run("start", "worker", "dashboard")
    eventually("150 rows", lambda: set(postgres_ids(stack, course)) == saved | later, seconds=120)
    after = send(stack, course, range(150, 160))
    eventually("160 rows", lambda: set(postgres_ids(stack, course)) == saved | later | after)


def test_redis_is_restored_from_a_copy_of_its_file(stack: ComposeStack, course: str, tmp_path):
    stack.run("stop", "worker")
    waiting = send(stack, course, range(40))
    stack.execute("redis", "redis-cli", "PUBLISH", "other-channel", "x")
    copy = tmp_path / "redis.tar"
    stack.execute("redis", "redis-cli", "CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
    stack.save(copy, "exec", "-T", "redis", "tar", "--directory", "/data", "--create", ".")
    stack.execute("redis", "redis-cli", "CONFIG", "SET", "auto-aof-rewrite-percentage", "100")

    stack.execute("redis", "redis-cli", "FLUSHALL")
    stack.run("stop", "redis")
    stack.load(copy, "run", "--rm", "-T", "--no-deps", "redis", "sh", "-c",
               "rm -rf /data/* && tar --directory /data --extract")
    stack.run("start", "redis")
    eventually("Redis healthy", lambda: stack.is_healthy("redis"))
    stack.run("start", "worker")
    eventually("what was accepted before the copy", lambda: set(postgres_ids(stack, course)) == waiting)


def test_the_time_series_is_filled_again_from_postgres(stack: ComposeStack, course: str):
    numbers = set(range(1, 61))
    send(stack, course, range(1, 61))
    eventually("60 points", lambda: set(time_series_numbers(stack, course)) == numbers)
    eventually("60 rows", lambda: len(postgres_ids(stack, course)) == 60)
    stored = postgres_ids(stack, course)

    stack.run("stop", "influxdb")
    stack.run("run", "--rm", "-T", "--no-deps", "--entrypoint", "sh", "influxdb", "-c",
              "rm -rf /var/lib/influxdb2/* /etc/influxdb2/*")
    stack.run("start", "influxdb")
    eventually("InfluxDB healthy", lambda: stack.is_healthy("influxdb"), seconds=120)
    assert time_series_numbers(stack, course) == []

    rows = sql(stack, "select jsonb_strip_nulls(to_jsonb(e)) - '{received_at,corrected_at,code,result}'::text[]"
                      f" from progress_events e where course_id = '{course}' order by occurred_at")
    status, body = request(
        stack.url("ingest") + "/student-progress", rows.encode(),
        {"Content-Type": "application/x-ndjson"} | stack.authorization(course))
    assert status == 202, body
    eventually("60 points again", lambda: set(time_series_numbers(stack, course)) == numbers)
    assert sorted(postgres_ids(stack, course)) == sorted(stored)
