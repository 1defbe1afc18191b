"""Cells that are a check themselves: by their metadata, where it is sent, or by their text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..originals import BUILTINS

__builtins__ = BUILTINS

#: nbgrader's and otter's marks around tests, as instructors write them.
_TESTS = re.compile(r"^[ \t]*#+[ \t]*BEGIN (?:HIDDEN )?TESTS?\b", re.MULTILINE | re.IGNORECASE)
_TAG_PREFIX = "exercise:"


@dataclass(frozen=True)
class GradedCell:
    """A cell that ends without an error when the answer is right."""

    exercise: str
    checker: str
    label: str | None = None
    points_possible: float | None = None


def graded_cell(metadata: Any, source: str, cell: str) -> GradedCell | None:
    """What the cell checks, or None for one that checks nothing.

    JupyterLab and Notebook 7 send a cell's metadata with the request to run it. Others send none:
    there a cell counts when its text has the mark of a test, under the cell's own id.
    """
    if not isinstance(metadata, dict):
        metadata = {}
    nbgrader = metadata.get("nbgrader")
    if isinstance(nbgrader, dict) and isinstance(nbgrader.get("grade_id"), str):
        # A cell with a solution is graded by hand: that it ran says nothing.
        if nbgrader.get("grade") is not True or nbgrader.get("solution") is True:
            return None
        return GradedCell(nbgrader["grade_id"], "nbgrader", points_possible=nbgrader.get("points"))
    own = metadata.get("progressbus")
    if isinstance(own, dict) and isinstance(own.get("exercise"), str):
        label = own.get("label")
        return GradedCell(
            own["exercise"],
            "cell",
            label=label if isinstance(label, str) else None,
            points_possible=own.get("points"),
        )
    # A bare grade_id, as courses write it who have no nbgrader.
    if isinstance(metadata.get("grade_id"), str):
        return GradedCell(metadata["grade_id"], "cell", points_possible=metadata.get("points"))
    tags = metadata.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str) and len(tag) > len(_TAG_PREFIX) and tag.startswith(_TAG_PREFIX):
            return GradedCell(tag[len(_TAG_PREFIX) :], "cell")
    if _TESTS.search(source):
        return GradedCell(cell, "nbgrader")
    return None
