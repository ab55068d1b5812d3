"""Puts screens into the text blocks below the lines <!-- screen: … --> of a page, in order."""

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"(<!-- screen:.*?-->\n```text\n)(.*?)(```\n)", re.DOTALL)


def main(page: Path, screens: list[Path]) -> None:
    texts = iter([screen.read_text().rstrip("\n") for screen in screens])

    def with_screen(block: re.Match[str]) -> str:
        lines = (line.rstrip() for line in next(texts).split("\n"))
        return block[1] + "\n".join(lines) + "\n" + block[3]

    text, count = BLOCK.subn(with_screen, page.read_text())
    if count != len(screens):
        sys.exit(f"{page} has {count} blocks for {len(screens)} screens")
    page.write_text(text)


main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
