"""A class at work: the same one every time, for tests and screenshots."""

from __future__ import annotations

import random
import time

from .class_server import ClassServer

FAMILY = """
    佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 清水 橋本""".split()
GIVEN = """
    花子 太郎 美咲 翔太 さくら 健太 葵 陽菜 大輔 結衣 蓮 直樹 凛 悠真 千尋 拓海 七海 湊 真央 詩織""".split()
WESTERN_FAMILY = """
    Smith Okafor Müller Rossi Nguyen Silva Kowalski Haddad Larsen Dubois Patel Moreau Novák Garcia Jensen Mensah
    Ivanova Kim Costa Fischer""".split()
WESTERN_GIVEN = """
    Amelia Noah Zoë Liam Priya Mateo Freya Omar Chiara Jonas Mei Lucas Ingrid Kofi Elif Hugo Anya Ruth Samir
    Leila""".split()
ERRORS = [
    ("NameError", "name 'total' is not defined"), ("TypeError", "can only concatenate str (not \"int\") to str"),
    ("SyntaxError", "expected ':'"), ("ValueError", "too many values to unpack (expected 2)"),
    ("IndexError", "list index out of range"), ("KeyError", "'Osaka'"),
]
NOTEBOOK = "lessons/03-loops.ipynb"
#: The cells of that notebook, as an outline takes them.
LESSON = [
    {"cell_type": "markdown", "source": title[2:]} if title.startswith("# ") else
    {"cell_type": "code", "id": f"cell-{int(title[:2]):02}", "source": title[3:]}
    for title in [
        "# Counting", "00 Read the list of cities", "01 Print every city", "02 Number them with enumerate",
        "# Sums", "03 Add up the populations", "04 The largest of them", "05 The average",
        "# Loops in loops", "06 All pairs of cities", "07 The nearest pair", "08 Stop at the first match", "09 Draw the map",
    ]
]


def fill(server: ClassServer, learners: int, cells: int = 10, course: str = "python-1", japanese: bool = False):
    """45 minutes of a lesson, just over."""
    chance = random.Random(learners)
    now = time.time()
    notebook = "lessons/03-くり返し.ipynb" if japanese else NOTEBOOK
    family, given = (FAMILY, GIVEN) if japanese else (WESTERN_FAMILY, WESTERN_GIVEN)
    team = "{}班" if japanese else "Team {}"
    events = []
    for number in range(learners):
        # No two alike among 400.
        name = [family[number % 20], given[(number * 7 + number // 20) % 20]]
        if not japanese:
            name.reverse()
        base = {
            "course_id": course, "student_id": f"student{number + 1:03}@example.org",
            "student_name": " ".join(name), "team": team.format("ABCDEF"[number % 6]), "notebook_path": notebook,
        }
        kinds = ["steady", "stuck", "help", "slow", "gone"]
        kind = chance.choices(kinds, [72, 9, 4, 9, 6])[0]
        pace = chance.uniform(0.25, 0.38) if kind == "slow" else chance.uniform(0.6, 1.2)
        last = int(cells * min(1, pace)) if kind != "gone" else chance.randint(1, cells // 2)
        last = min(last, cells - 1) if kind in ("stuck", "help") else last
        moment = now - 2700 + chance.uniform(0, 120)
        step = (2560 if kind != "gone" else 1200) / max(last, 1)
        events.append((moment, base | {"event_type": "notebook_opened"}))
        for cell in range(max(last, 1)):
            begin = moment + step * cell
            tries = chance.choices([0, 1, 2], [65, 25, 10])[0]
            for attempt in range(tries + 1):
                failed = attempt < tries
                at = begin + step * (0.4 + 0.5 * (attempt + 1) / (tries + 1))
                events.append((at, base | run(cell, failed, chance)))
        if kind in ("stuck", "help"):
            for attempt in range(3 + number % 3):
                events.append((now - 100 + attempt * 18 + number % 9, base | run(last, True, chance)))
        if kind == "help":
            events.append((now - chance.uniform(40, 420), base | {"event_type": "help"}))
        elif kind == "steady" and pace > 1.1:
            events.append((now - chance.uniform(5, 60), base | {"event_type": "notebook_closed"}))
    for at, event in sorted(events, key=lambda pair: pair[0]):
        server.publish(event, to_live=False, at=at)


def run(cell: int, failed: bool, chance: random.Random) -> dict:
    event = {
        "event_type": "cell_executed", "cell_id": f"cell-{cell:02}", "cell_index": cell,
        "cell_type": "code", "has_error": failed, "duration_ms": round(chance.lognormvariate(4, 1.2), 1),
    }
    if failed:
        error, message = ERRORS[(cell + min(int(chance.expovariate(0.9)), 5)) % 6]
        event |= {"error_name": error, "error_message": message}
    return event
