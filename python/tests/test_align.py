from __future__ import annotations

import numpy as np
import pytest

import actalign


def embeddings(*directions: int) -> np.ndarray:
    """Unit vectors along axes of a space of 4 dimensions."""
    return np.eye(4, dtype=np.float32)[list(directions)]


def test_the_class_in_the_order_of_the_frames_wins() -> None:
    frames = embeddings(0, 0, 1, 1, 2)
    steps = {"backward/2": embeddings(2, 1, 0), "forward": embeddings(0, 1, 2)}
    report = actalign.align(frames, steps, logit_scale=2.0, logit_bias=-5.0, aligner="segment")
    assert report.best.name == "forward"
    assert [member.name for member in report.classes] == list(steps)
    np.testing.assert_array_equal(report.best.frames_per_step, [2, 2, 1])
    np.testing.assert_array_equal(report.best.path, [[0, 0], [0, 1], [1, 2], [1, 3], [2, 4]])


def test_numbers_reach_the_program_unchanged() -> None:
    frames, steps = embeddings(0, 1, 2), [embeddings(0, 1)]
    report = actalign.align(frames, steps, logit_scale=0.1, logit_bias=-1e-5, smoothing=2, aligner="drop", background=-1e-5)
    assert report.settings["beta"] == pytest.approx(-1e-5, rel=1e-6)
    assert report.settings["background_level"] == pytest.approx(-1e-5, rel=1e-6)
    assert report.settings["smoothing"] == 2
    assert report.confidence is None and report.best.margin is None


def test_any_numbers_are_taken() -> None:
    lists = [[1, 0], [0, 1]]
    as_doubles = actalign.align(np.array(lists, dtype=np.float64), [np.array(lists, dtype=np.float64)], logit_scale=1.0)
    as_lists = actalign.align(lists, [lists], logit_scale=1.0)
    assert as_lists.best.score == as_doubles.best.score
    assert as_lists.best.name == "0"


def test_embeddings_that_do_not_match_are_refused() -> None:
    with pytest.raises(actalign.ActalignError, match=r"4 dimensions.*\s*help: "):
        actalign.align(np.ones((3, 5), dtype=np.float32), {"a": embeddings(0)}, logit_scale=1.0)
