from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import actalign
from conftest import SCRIPTS


def test_frames_and_texts_are_embedded_together(clip: Path) -> None:
    found = actalign.embed(clip, texts=["a dark sky", "a bright sky"], model="demo", fps="native", device="cpu")
    assert found.frames is not None and found.texts is not None and found.token_ids is not None
    assert found.frames.shape[0] == 12 and found.frames.dtype == np.float32
    assert found.times is not None and found.times.shape == (12,) and (np.diff(found.times) > 0).all()
    assert found.texts.shape == (2, found.frames.shape[1])
    assert found.token_ids.shape[0] == 2 and found.token_ids.dtype == np.int32
    assert found.patches is None
    found.frames[0] = 0  # Arrays may be changed.


def test_images_are_numbered(clip: Path) -> None:
    found = actalign.embed(images=sorted(clip.iterdir())[:3], model="demo", device="cpu")
    np.testing.assert_array_equal(found.times, [0, 1, 2])
    assert found.texts is None and found.token_ids is None


def test_patches_have_a_window_per_text(clip: Path) -> None:
    image = sorted(clip.iterdir())[5]
    found = actalign.embed(images=[image], texts=["a bright sky"], patches=True, model="demo", device="cpu")
    assert found.patches is not None and found.patches.shape[0] == 1 and found.patches.shape[3] == 1


def test_embeddings_align_as_classify_does(clip: Path) -> None:
    options = {"model": "demo", "fps": "native", "device": "cpu"}
    report = actalign.classify(clip, scripts=SCRIPTS, template="step", smoothing=0, **options)
    steps = {m["name"]: actalign.embed(texts=m["steps"], **options).texts for m in SCRIPTS["classes"]}
    alpha, beta = report.settings["alpha"], report.settings["beta"]
    frames = actalign.embed(clip, **options).frames
    aligned = actalign.align(frames, steps, logit_scale=float(np.log(alpha)), logit_bias=beta)
    for one, other in zip(report.classes, aligned.classes, strict=True):
        assert one.score == pytest.approx(other.score, rel=1e-4)


@pytest.mark.parametrize("text", ["", "  ", "two\nlines"])
def test_a_text_that_is_not_one_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        actalign.embed(texts=["a sky", text], model="demo")
