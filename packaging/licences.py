#!/usr/bin/env python3
"""Prints what is inside the program and under which licences, with their texts.

licences.py FEATURES [FOLDER]: features of the crate, separated by commas ("none" for none), and a folder with the licences of
the C libraries inside, a file each. Fails if a crate has a licence that is not known to be fit.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIT = set(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 CDLA-Permissive-2.0 ISC MIT MIT-0 MPL-2.0 NCSA OFL-1.1 "
    "Ubuntu-font-1.0 Unicode-3.0 Unicode-DFS-2016 Unlicense WTFPL Zlib bzip2-1.0.6".split()
)
# Crates that name none, and what their licence files are.
UNNAMED = {"cfg_block": "Apache-2.0"}
IS_LICENCE = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)


def cargo(arguments: str, features: str) -> str:
    command = ["cargo", *arguments.split(), "--locked", "--no-default-features"]
    if features != "none":
        command += ["--features", features]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def crates(features: str) -> list[dict]:
    """The crates that are linked into the program, without those that only build it."""
    tree = cargo("tree --package actalign-tui --edges normal,no-proc-macro --prefix none --format {p}", features)
    # Such as `adler2 v2.0.1`; the first is the program itself.
    linked = {tuple(line.split()[:2]) for line in tree.splitlines()[1:]}
    packages = json.loads(cargo("metadata --format-version 1", features))["packages"]
    found = [package for package in packages if (package["name"], f"v{package['version']}") in linked]
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def is_fit(expression: str) -> bool:
    """Whether an SPDX expression leaves a choice of fit licences."""
    expression = re.sub(r"\s+WITH\s+[\w.-]+", "", expression.replace("/", " OR "))
    logic = re.sub(r"[\w.-]+", lambda match: word(match.group()), expression)
    return bool(eval(logic))  # Only True, False, and, or, brackets.


def word(text: str) -> str:
    return text.lower() if text in ("AND", "OR") else str(text in FIT)


def licence_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and IS_LICENCE.match(path.name))


def main() -> None:
    features, *rest = sys.argv[1:]
    texts: dict[str, tuple[str, list[str]]] = {}
    lines, unfit = [], []

    def add(owner: str, path: Path) -> None:
        text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip()
        # Copies differ in their line breaks.
        first = texts.setdefault(" ".join(text.split()), (text, []))
        first[1].append(owner)

    for package in crates(features):
        owner = f"{package['name']} {package['version']}"
        expression = package["license"] or UNNAMED.get(package["name"], "unnamed")
        if not is_fit(expression):
            unfit.append(f"{owner}: {expression}")
        files = licence_files(Path(package["manifest_path"]).parent)
        source = package["repository"] or f"crate {package['name']}"
        lines.append(f"{owner}: {expression}" + ("" if files else f" (its package has no licence file; see {source})"))
        for path in files:
            add(owner, path)
    if unfit:
        sys.exit("licences that packaging/licences.py does not know to be fit:\n" + "\n".join(unfit))
    add("DejaVu fonts", ROOT / "assets/fonts/LICENSE")
    libraries = sorted(Path(rest[0]).iterdir()) if rest else []
    for path in libraries:
        add(path.name, path)

    print("actalign-tui is under the MIT licence:\n")
    print((ROOT / "LICENSE").read_text(encoding="utf-8"))
    print("It contains Rust's standard library (MIT OR Apache-2.0), the DejaVu fonts, and these crates:\n")
    print("\n".join(lines))
    if libraries:
        print(
            "\nIt also contains these libraries, built from Debian's source packages by packaging/ffmpeg.sh of its sources:\n"
            f"{', '.join(path.name for path in libraries)}. FFmpeg is under the LGPL 2.1 or later. To use another version of\n"
            "FFmpeg, build the program again from its sources, which are under the MIT licence; packaging/README.md says how."
        )
    for text, owners in texts.values():
        print(f"\n{'-' * 100}\n{', '.join(owners)}\n\n{text}")


main()
