from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

import actalign
from conftest import SCRIPTS


@pytest.fixture
def snapshot_file(clip: Path, tmp_path: Path) -> Path:
    """A snapshot that the explorer saved."""
    (tmp_path / "scripts.json").write_text(json.dumps(SCRIPTS), encoding="utf-8")
    command = [actalign.program(), "--plain", "clip", "--scripts=scripts.json", "--model=demo", "--device=cpu"]
    subprocess.run(command, input="save-snapshot\n", text=True, cwd=tmp_path, check=True, capture_output=True)
    return next(tmp_path.glob("*.actalign-1.json"))


def test_a_snapshot_has_the_matrices(snapshot_file: Path, clip: Path) -> None:
    snapshot = actalign.load_snapshot(snapshot_file)
    assert snapshot.complete and snapshot.program.startswith("actalign-tui ")
    frames = len(snapshot.times)
    assert frames == len(snapshot.ordinals) > 0
    for candidate, member in zip(snapshot.candidates, snapshot.report.classes, strict=True):
        assert candidate.name == member.name
        assert candidate.cells is not None and candidate.cosines is not None
        assert candidate.cells.shape == candidate.cosines.shape == (len(candidate.steps), frames)
        cells_of_path = candidate.cells[member.path[:, 0], member.path[:, 1]]
        assert cells_of_path.mean() == pytest.approx(member.score, rel=1e-5)
    assert snapshot.thumbnails[0].jpeg.startswith(b"\xff\xd8")
    report = actalign.classify(clip, scripts=SCRIPTS, model="demo", device="cpu")
    np.testing.assert_allclose([m.score for m in snapshot.report.classes], [m.score for m in report.classes])


def test_other_files_are_refused(tmp_path: Path) -> None:
    for number, text in enumerate(["", "[]", "{}", '{"format": 1}', "\x00"]):
        path = tmp_path / f"{number}.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=f"{number}.json"):
            actalign.load_snapshot(path)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "later.json"
    path.write_text('{"format": "actalign-snapshot/99"}', encoding="utf-8")
    with pytest.raises(ValueError, match="actalign-snapshot/99"):
        actalign.load_snapshot(path)
