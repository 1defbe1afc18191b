"""Takes the pictures of the documentation: usage: take_screenshots.py FOLDER PROGRAM"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from support.chromium import ChromiumMissing, chromium
from support.pictures import (
    OPERATIONS_PICTURES, PICTURES, SCHOOL_PICTURES, posed, posed_operations, posed_school)
from support.school import school


def main(folder: Path, program: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, school(program) as a_school:
        poses = {name: (partial(posed_school, school=a_school), picture) for name, picture in SCHOOL_PICTURES.items()}
        poses |= {name: (posed, picture) for name, picture in PICTURES.items()}
        poses |= {name: (posed_operations, picture) for name, picture in OPERATIONS_PICTURES.items()}
        for name, (pose, picture) in poses.items():
            with pose(browser, **picture) as page:
                page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png")


if __name__ == "__main__":
    try:
        main(*map(Path, sys.argv[1:]))
    except ChromiumMissing as missing:
        sys.exit(str(missing))
