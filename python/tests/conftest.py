"""Runs the built program on the demo and on small made-up clips."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPTS = {
    "domain": "weather",
    "classes": [
        {"name": "sunrise", "steps": ["a dark sky", "a bright sky"]},
        {"name": "sunset", "steps": ["a bright sky", "a red sky", "a dark sky"]},
    ],
}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that was built here, with folders of its own."""
    built = ROOT / "target" / "release" / "actalign-tui"
    if "ACTALIGN_PROGRAM" not in os.environ and built.exists():
        monkeypatch.setenv("ACTALIGN_PROGRAM", str(built))
    folder = tmp_path_factory.getbasetemp() / "folders"
    for kind in ("CONFIG", "DATA", "CACHE"):
        monkeypatch.setenv(f"ACTALIGN_{kind}_DIR", str(folder / kind.lower()))
    monkeypatch.delenv("ACTALIGN_MODEL", raising=False)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A folder of 12 numbered images that become brighter; the program takes it as half a second of video."""
    folder = tmp_path / "clip"
    folder.mkdir()
    for number in range(12):
        picture = np.full((32, 48, 3), 20 * number, dtype=np.uint8)
        (folder / f"{number:03}.png").write_bytes(png(picture))
    return folder


def png(picture: np.ndarray) -> bytes:
    """A picture of rows × columns × RGB as PNG."""
    height, width, _ = picture.shape

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    lines = b"".join(b"\0" + line.tobytes() for line in picture)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
