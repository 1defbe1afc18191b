"""What the cells of a marimo notebook are called in its file."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from textwrap import dedent

from ..originals import BUILTINS

__builtins__ = BUILTINS

#: What marimo calls a cell that nobody has named.
_UNNAMED = "_"


@dataclass(frozen=True)
class NamedCell:
    """A cell's place in the file, from 0, and its name where it has one."""

    index: int
    name: str | None


def cells_by_code(source: str) -> dict[str, NamedCell]:
    """The cells of a notebook's file, by their code; of cells with the same code the first.

    A cell is a function with `@app.cell` whose body is its code, and a `return` that marimo adds.
    Empty where the file is no notebook of that form.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    functions = [
        each
        for each in body
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and _is_cell(each)
    ]
    lines = source.splitlines()
    cells: dict[str, NamedCell] = {}
    for index, function in enumerate(functions):
        name = None if function.name == _UNNAMED else function.name
        cells.setdefault(_code(function, lines), NamedCell(index, name))
    return cells


def _is_cell(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = (
        each.func if isinstance(each, ast.Call) else each for each in function.decorator_list
    )
    return any(isinstance(each, ast.Attribute) and each.attr == "cell" for each in decorators)


def _code(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> str:
    body = function.body
    if isinstance(body[-1], ast.Return):
        last = body[-1].lineno - 1
    else:
        last = body[-1].end_lineno or body[-1].lineno
    # Comments may stand before the first statement; a signature may take several lines.
    first = body[0].lineno - 1
    while first > function.lineno and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return dedent("\n".join(lines[first:last])).strip()
