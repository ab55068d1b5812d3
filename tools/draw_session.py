"""Draws screens of a terminal, as `tmux capture-pane -e` prints them, as one animated SVG.

    draw_session.py COLUMNS ROWS OUT.svg SCENE.ansi…

Beside SCENE.ansi, SCENE.caption has the seconds for which the scene is shown and its caption. Backgrounds and block characters of
a scene are one small picture, four pixels a cell; everything else is text. Rows that stay are drawn once.
"""

import base64
import itertools
import re
import struct
import sys
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 8, 17
"""Of a cell, in pixels."""
BASE = 13
"""From the top of a cell to the base line of its text."""
CAPTION = 30
"""Height of the caption in pixels."""
FOREGROUND, BACKGROUND = (0xD4, 0xD4, 0xD4), (0x16, 0x18, 0x1D)
ANSI = [
    (0x1D, 0x1F, 0x21), (0xCC, 0x66, 0x66), (0x8A, 0xB8, 0x6B), (0xE0, 0xB0, 0x5A),
    (0x6C, 0x99, 0xC8), (0xB0, 0x88, 0xC0), (0x6B, 0xB5, 0xAF), (0xC5, 0xC8, 0xC6),
    (0x77, 0x7C, 0x85), (0xE0, 0x7B, 0x7B), (0xA5, 0xD0, 0x85), (0xF0, 0xC6, 0x74),
    (0x81, 0xA9, 0xD8), (0xC5, 0x9F, 0xD5), (0x83, 0xCC, 0xC6), (0xFF, 0xFF, 0xFF),
]  # fmt: skip

# Which quarters of a cell a block character fills: upper left, upper right, lower left, lower right.
QUARTERS = dict(zip("▀▄▌▐█▖▗▘▙▚▛▜▝▞▟", (
    "1100", "0011", "1010", "0101", "1111", "0010", "0001", "1000", "1011", "1001", "1110", "1101", "0100", "0110", "0111",
)))  # fmt: skip

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Style:
    fore: Colour | None = None
    back: Colour | None = None
    bold: bool = False
    dim: bool = False
    reverse: bool = False

    def colours(self) -> tuple[Colour, Colour]:
        fore, back = self.fore or FOREGROUND, self.back or BACKGROUND
        if self.reverse:
            fore, back = back, fore
        if self.dim:
            fore = tuple((2 * f + b) // 3 for f, b in zip(fore, back))
        return fore, back


def of_256(index: int) -> Colour:
    if index < 16:
        return ANSI[index]
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    index -= 16
    return tuple(0 if part == 0 else 55 + 40 * part for part in (index // 36, index // 6 % 6, index % 6))


def styled(style: Style, codes: list[int]) -> Style:
    codes = iter(codes or [0])
    for code in codes:
        if code == 0:
            style = Style()
        elif code in (1, 2):
            style = replace(style, bold=style.bold or code == 1, dim=style.dim or code == 2)
        elif code == 22:
            style = replace(style, bold=False, dim=False)
        elif code in (7, 27):
            style = replace(style, reverse=code == 7)
        elif code in (38, 48):
            kind = next(codes)
            colour = of_256(next(codes)) if kind == 5 else (next(codes), next(codes), next(codes))
            style = replace(style, **{"fore" if code == 38 else "back": colour})
        elif code in (39, 49):
            style = replace(style, **{"fore" if code == 39 else "back": None})
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = replace(style, fore=ANSI[code - 30 if code < 90 else code - 82])
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = replace(style, back=ANSI[code - 40 if code < 100 else code - 92])
    return style


def cells_of(text: str, columns: int, rows: int) -> list[list[tuple[str, Style]]]:
    """The character and style of every cell. The second cell of a wide character is empty."""
    grid, style = [], Style()
    for line in text.split("\n")[:rows]:
        row = []
        for piece in re.split(r"(\x1b\[[\d;]*m|\x0e|\x0f)", line):
            if piece.startswith("\x1b["):
                style = styled(style, [int(code or 0) for code in piece[2:-1].split(";")])
            elif piece not in ("\x0e", "\x0f"):
                for character in piece:
                    row.append((character, style))
                    if east_asian_width(character) in "WF":
                        row.append(("", style))
        grid.append((row + [(" ", Style())] * columns)[:columns])
    return grid + [[(" ", Style())] * columns] * (rows - len(grid))


def png(pixels: list[list[Colour]]) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    size = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 2, 0, 0, 0)
    # Each row as its difference from the one above: neighbours are often alike.
    above = bytes(3 * len(pixels[0]))
    lines = b""
    for row in pixels:
        line = bytes(itertools.chain.from_iterable(row))
        lines += b"\x02" + bytes((a - b) % 256 for a, b in zip(line, above))
        above = line
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


def picture(grid: list[list[tuple[str, Style]]]) -> str:
    """Backgrounds and block characters."""
    pixels = []
    for row in grid:
        upper, lower = [], []
        for character, style in row:
            fore, back = style.colours()
            filled = QUARTERS.get(character, "0000")
            a, b, c, d = (fore if quarter == "1" else back for quarter in filled)
            upper += [a, b]
            lower += [c, d]
        pixels += [upper, lower]
    data = base64.b64encode(png(pixels)).decode()
    width, height = WIDTH * len(grid[0]), HEIGHT * len(grid)
    return (
        f'<image width="{width}" height="{height}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
    )


def row_text(row: list[tuple[str, Style]], number: int) -> str:
    """The text of a row, a piece for each stretch of one colour."""
    pieces = []
    column = 0
    for (fore, bold), stretch in itertools.groupby(row, lambda cell: (cell[1].colours()[0], cell[1].bold)):
        stretch = list(stretch)
        text = "".join(" " if character in QUARTERS else character for character, _ in stretch)
        left = len(text) - len(text.lstrip(" "))
        shown = text.strip(" ")
        if shown:
            x, y = WIDTH * (column + left), HEIGHT * number + BASE
            weight = ' font-weight="bold"' if bold else ""
            cells = sum(2 if east_asian_width(character) in "WF" else 1 for character in shown)
            pieces.append(
                f'<text x="{x}" y="{y}" fill="#{bytes(fore).hex()}"{weight} textLength="{WIDTH * cells}">'
                f"{escape(shown)}</text>"
            )
        column += len(stretch)
    return "".join(pieces)


def draw(columns: int, rows: int, scenes: list[Path]) -> str:
    seconds, elements = [], []
    for scene in scenes:
        grid = cells_of(scene.read_text(), columns, rows)
        duration, caption = scene.with_suffix(".caption").read_text().split("\n")[:2]
        seconds.append(float(duration))
        y = HEIGHT * rows + 20
        words = f'<text x="{WIDTH}" y="{y}" fill="#ffffff" font-weight="bold">{escape(caption)}</text>'
        elements.append([picture(grid), *(row_text(row, number) for number, row in enumerate(grid)), words])
    # An element that stays over several scenes is drawn once.
    spans: dict[tuple[int, int], list[str]] = {}
    for layer in range(rows + 2):
        first = 0
        for scene in range(1, len(scenes) + 1):
            if scene == len(scenes) or elements[scene][layer] != elements[first][layer]:
                spans.setdefault((first, scene), []).append(elements[first][layer])
                first = scene
    total = sum(seconds)
    starts = [100 * sum(seconds[:scene]) / total for scene in range(len(scenes) + 1)]
    styles, groups = [], []
    # Pictures come first: they lie below the text of every scene.
    for is_picture in (True, False):
        for (first, last), parts in sorted(spans.items()):
            parts = [part for part in parts if part.startswith("<image") == is_picture and part]
            if not parts:
                continue
            name = f"s{first}-{last}"
            if (first, last) == (0, len(scenes)):
                groups.append(f"<g>{''.join(parts)}</g>")
                continue
            start, end = starts[first], starts[last]
            hidden = "visibility:hidden"
            steps = f"{start:.2f}%{{visibility:visible}}{end:.2f}%{{{hidden}}}"
            before = f"0%{{{hidden}}}" if first > 0 else ""
            styles.append(f"@keyframes {name}{{{before}{steps}}}")
            at_first = "visible" if first == 0 else "hidden"
            styles.append(f".{name}{{visibility:{at_first};animation:{name} {total:g}s step-end infinite}}")
            groups.append(f'<g class="{name}">{"".join(parts)}</g>')
    width, height = WIDTH * columns, HEIGHT * rows + CAPTION
    styles.append("@media(prefers-reduced-motion:reduce){g{animation:none!important}}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="13" xml:space="preserve">\n'
        f"<title>A session in the explorer</title>\n<style>{''.join(dict.fromkeys(styles))}</style>\n"
        f'<rect width="{width}" height="{height}" fill="#{bytes(BACKGROUND).hex()}"/>\n' + "\n".join(groups) + "\n</svg>\n"
    )


def main(columns: str, rows: str, out: str, *scenes: str) -> None:
    drawn = draw(int(columns), int(rows), [Path(scene) for scene in scenes])
    Path(out).write_text(drawn)
    print(f"{out}: {len(scenes)} scenes, {len(drawn) // 1000} kB")


main(*sys.argv[1:])
