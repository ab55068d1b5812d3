from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import actalign
from test_classify import stub

DOCUMENT = {
    "moments": [
        {
            "class": "serve",
            "start": 12.5,
            "end": 14.0,
            "score": 0.75,
            "margin": 0.25,
            "steps": [[12.5, 13.0], [13.0, 14.0]],
            "order": {"z": 3.5, "p": 0.01},
        },
        {"class": "smash", "start": 3, "end": 4, "score": 0.5, "margin": None, "steps": [[3, 4]], "order": None},
    ],
    "settings": {"smoothing": 10},
}


@pytest.fixture
def moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> actalign.Moments:
    document = json.dumps(json.dumps(DOCUMENT))
    stub(tmp_path, monkeypatch, f"d = json.loads({document}); d['settings']['got'] = sys.argv[1:]; print(json.dumps(d))")
    return actalign.find("match.mp4", scripts="lib:tennis", model="demo", fps=5)


def test_the_program_is_asked(moments: actalign.Moments) -> None:
    assert moments.settings["got"] == ["find", "match.mp4", "--json", "--scripts=lib:tennis", "--fps=5", "--model=demo"]


def test_moments_have_times_of_their_steps(moments: actalign.Moments) -> None:
    first, second = moments
    assert (first.name, first.start, first.end, first.margin) == ("serve", 12.5, 14.0, 0.25)
    np.testing.assert_array_equal(first.steps, [[12.5, 13.0], [13.0, 14.0]])
    assert first.order == actalign.Order(z=3.5, p=0.01)
    assert second.order is None and second.steps.shape == (1, 2)
    assert len(moments) == 2 and moments[1] is second


def test_moments_become_a_pandas_frame(moments: actalign.Moments) -> None:
    pytest.importorskip("pandas")
    table = moments.to_pandas()
    assert list(table["class"]) == ["serve", "smash"]
    assert table["order_z"].isna().tolist() == [False, True]
