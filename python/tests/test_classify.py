from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import actalign
from conftest import ROOT, SCRIPTS

DEMO = ROOT / "assets" / "demo"


def test_a_demo_clip_is_the_class_that_its_manifest_names() -> None:
    clip = json.loads((DEMO / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[0])
    scripts = json.loads((DEMO / "scripts.json").read_text(encoding="utf-8"))
    steps = {member["name"]: member for member in scripts["classes"]}
    document = {"domain": clip["domain"], "classes": [steps[name] for name in clip["candidates"]]}
    report = actalign.classify(DEMO / clip["video"], scripts=document, model="demo", device="cpu")
    assert report.best.name == clip["candidates"][clip["answer"]]
    assert [member.name for member in report.classes] == clip["candidates"]


def test_a_report_has_arrays_and_every_class(clip: Path) -> None:
    report = actalign.classify(clip, scripts=SCRIPTS, model="demo", fps="native", smoothing=0, device="cpu")
    assert [member.rank for member in report.ranked] == [1, 2]
    for member, steps in zip(report.classes, (2, 3), strict=True):
        assert member.path.shape[1] == 2 and member.path.dtype == np.int64
        assert tuple(member.path[0]) == (0, 0) and tuple(member.path[-1]) == (steps - 1, 11)
        assert member.frames_per_step.shape == (steps,) and len(member.without_step) == steps
        assert member.contributions.sum() + member.background_share == pytest.approx(member.score, rel=1e-6)
    first, second = report.ranked
    assert first.margin == pytest.approx(first.score - second.score)
    assert report.confidence is not None and report.confidence.margin == pytest.approx(first.margin)
    low, high = report.confidence.interval
    assert low <= high
    assert report.settings["smoothing"] == 0
    assert report.document["ranking"] == list(report.ranking)


def test_several_clips_give_a_list(clip: Path) -> None:
    reports = actalign.classify([clip, clip], scripts=SCRIPTS, model="demo", device="cpu")
    assert [report.settings["clip"] for report in reports] == [str(clip)] * 2
    assert actalign.classify([], scripts=SCRIPTS, model="demo") == []


def test_a_script_file_does_as_well(clip: Path, tmp_path: Path) -> None:
    file = tmp_path / "scripts.json"
    file.write_text(json.dumps(SCRIPTS), encoding="utf-8")
    by_file, by_document = (actalign.classify(clip, scripts=s, model="demo", device="cpu") for s in (file, SCRIPTS))
    assert [m.score for m in by_file.classes] == [m.score for m in by_document.classes]


def test_an_error_has_the_message_and_the_advice_of_the_program(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("not a video", encoding="utf-8")
    with pytest.raises(actalign.ActalignError, match=r"text\.mp4") as caught:
        actalign.classify(text, scripts=SCRIPTS, model="demo")
    assert caught.value.status == 1
    assert not str(caught.value).startswith("actalign-tui:")


def test_an_unknown_option_is_wrong_usage(clip: Path) -> None:
    with pytest.raises(actalign.ActalignError, match="--smothing") as caught:
        actalign.classify(clip, scripts=SCRIPTS, model="demo", smothing=2)  # type: ignore[call-overload]
    assert caught.value.status == 2


def test_a_notice_becomes_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = {"classes": [], "ranking": [], "settings": {}}
    stub(tmp_path, monkeypatch, f"print({json.dumps(json.dumps(report))}); print('cut short', file=sys.stderr)")
    with pytest.warns(UserWarning, match="cut short"):
        actalign.classify("clip.mp4", scripts="scripts.json")


def test_names_that_look_like_options_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub(tmp_path, monkeypatch, "print(json.dumps({'classes': [], 'ranking': [], 'settings': {'got': sys.argv[1:]}}))")
    report = actalign.classify("-clip.mp4", scripts="-s.json", model="-m", open_start=True, open_end=False, band=None)
    assert report.settings["got"] == [
        "classify",
        "./-clip.mp4",
        "--json",
        "--scripts=-s.json",
        "--open-start",
        "--model=-m",
    ]


def test_a_missing_program_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTALIGN_PROGRAM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(tmp_path))
    with pytest.raises(FileNotFoundError, match="install the wheel"):
        actalign.program()


def test_the_version_names_the_program() -> None:
    assert actalign.version().startswith("actalign-tui ")


def test_a_report_becomes_a_pandas_frame(clip: Path) -> None:
    pytest.importorskip("pandas")
    report = actalign.classify(clip, scripts=SCRIPTS, model="demo", device="cpu")
    table = report.to_pandas()
    assert list(table["name"]) == [member.name for member in report.ranked]
    assert list(table["rank"]) == [1, 2]


def stub(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """A program that runs some lines of Python."""
    program = folder / "stub"
    program.write_text(f"#!{sys.executable}\nimport json, sys\n{code}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("ACTALIGN_PROGRAM", str(program))
