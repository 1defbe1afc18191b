"""Takes the pictures of the documentation: usage: take_screenshots.py FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path

from support.chromium import ChromiumMissing, chromium
from support.pictures import OPERATIONS_PICTURES, PICTURES, posed, posed_operations


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        poses = {name: (posed, picture) for name, picture in PICTURES.items()}
        poses |= {name: (posed_operations, picture) for name, picture in OPERATIONS_PICTURES.items()}
        for name, (pose, picture) in poses.items():
            with pose(browser, **picture) as page:
                page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except ChromiumMissing as missing:
        sys.exit(str(missing))
