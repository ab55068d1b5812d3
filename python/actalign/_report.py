"""Rankings of candidate classes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from actalign._program import file_argument, flags, run, script_file, table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Unpack

    from actalign._program import ClipOptions, MethodOptions, PathLike


@dataclass(frozen=True)
class WithoutStep:
    """A class whose script lacks one step, aligned anew."""

    margin: float | None
    rank: int | None


@dataclass(frozen=True)
class Confidence:
    """How sure the first of the ranking is."""

    margin: float
    """Its score minus the best score of its rivals."""
    interval: tuple[float, float]
    """95 % interval of the margin over draws of the clip's frames."""
    too_close: bool
    """Whether the interval reaches zero."""
    spread: float
    won: float
    """Share of the draws in which it leads."""
    block: int
    order_z: float | None
    order_p: float | None


@dataclass(frozen=True)
class ClassReport:
    """A candidate class of one clip; K steps."""

    index: int
    name: str
    score: float
    """Mean of the cells on the path."""
    path: NDArray[np.int64]
    """Steps and frames, both from 0; [L, 2]."""
    frames_per_step: NDArray[np.int64]
    """[K]."""
    collapsed: bool
    """Whether most steps hold a single frame."""
    order_free: float
    """Mean of all cells."""
    order_z: float | None
    """Evidence that the order of the steps matters; None for a single step."""
    order_p: float | None
    mean_pool: float | None
    """Cosine of the mean frame with the class name; None if the name was not embedded."""
    mean_pool_rank: int | None
    rank: int
    """From 1."""
    margin: float | None
    """Score minus the best score of the other classes; None for a single class."""
    contributions: NDArray[np.float64]
    """What each step adds to the score; [K]."""
    background_share: float
    """What the frames that are left out add to the score."""
    without_step: tuple[WithoutStep, ...]

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ClassReport:
        """A member of ``classes``. Unknown fields are ignored."""
        return cls(
            index=document["index"],
            name=document["name"],
            score=document["score"],
            path=np.array(document["path"], dtype=np.int64).reshape(-1, 2),
            frames_per_step=np.array(document["frames_per_step"], dtype=np.int64),
            collapsed=document["collapsed"],
            order_free=document["order_free"],
            order_z=document.get("order_z"),
            order_p=document.get("order_p"),
            mean_pool=document.get("mean_pool"),
            mean_pool_rank=document.get("mean_pool_rank"),
            rank=document["rank"],
            margin=document.get("margin"),
            contributions=np.array(document.get("contributions", []), dtype=np.float64),
            background_share=document.get("background_share", 0.0),
            without_step=tuple(WithoutStep(step.get("margin"), step.get("rank")) for step in document.get("without_step", [])),
        )


@dataclass(frozen=True)
class Report:
    """The candidate classes of one clip, scored and ranked."""

    classes: tuple[ClassReport, ...]
    """In the order given."""
    ranking: tuple[int, ...]
    """Indices of the classes, best first."""
    settings: dict[str, Any]
    """Every knob."""
    confidence: Confidence | None
    """None without a rival."""
    document: dict[str, Any] = field(repr=False)
    """What the program printed."""

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Report:
        """A document of ``classify --json`` or ``align --json``."""
        return cls(
            classes=tuple(ClassReport.from_json(member) for member in document["classes"]),
            ranking=tuple(document["ranking"]),
            settings=document["settings"],
            confidence=_confidence(document.get("confidence")),
            document=document,
        )

    @property
    def ranked(self) -> list[ClassReport]:
        """The classes, best first."""
        by_index = {member.index: member for member in self.classes}
        return [by_index[index] for index in self.ranking]

    @property
    def best(self) -> ClassReport:
        """The class whose script fits best."""
        return self.ranked[0]

    def to_pandas(self) -> pd.DataFrame:
        """A row per class, best first. Needs pandas."""
        columns = "rank name score margin order_free order_z order_p mean_pool mean_pool_rank collapsed".split()
        return table([{column: getattr(member, column) for column in columns} for member in self.ranked])


def _confidence(document: Mapping[str, Any] | None) -> Confidence | None:
    if document is None:
        return None
    low, high = document["interval"]
    known: dict[str, Any] = {name: document.get(name) for name in Confidence.__dataclass_fields__}
    return Confidence(**{**known, "interval": (low, high)})


@overload
def classify(  # type: ignore[overload-overlap]  # A string is one clip, though a sequence of strings.
    clip: PathLike,
    *,
    scripts: PathLike | Mapping[str, Any],
    model: PathLike | None = None,
    **options: Unpack[ClipOptions],
) -> Report: ...


@overload
def classify(
    clip: Sequence[PathLike],
    *,
    scripts: PathLike | Mapping[str, Any],
    model: PathLike | None = None,
    **options: Unpack[ClipOptions],
) -> list[Report]: ...


def classify(
    clip: PathLike | Sequence[PathLike],
    *,
    scripts: PathLike | Mapping[str, Any],
    model: PathLike | None = None,
    **options: Unpack[ClipOptions],
) -> Report | list[Report]:
    """Ranks the candidate classes of a clip, or of several: a list of clips gives a list of reports, in the same order.

    ``scripts`` is a script file, ``lib:NAME``, or the document of one: ``{"domain": …, "classes": [{"name": …, "steps": […]},
    …]}``. ``model`` is a folder, a name on the hub, or ``"demo"``; without it the variable ``ACTALIGN_MODEL`` decides. Options
    are those of ``actalign-tui classify``, such as ``fps=5``, ``smoothing=0``, ``aligner="segment"``, ``open_start=True``.

    Raises :class:`ActalignError` if a clip cannot be read.
    """
    names = [file_argument(path) for path in ([clip] if isinstance(clip, (str, os.PathLike)) else clip)]
    if not names:
        return []
    with script_file(scripts) as script:
        lines = run(["classify", *names, "--json", f"--scripts={script}", *flags(options)], model).splitlines()
    reports = [Report.from_json(json.loads(line)) for line in lines]
    return reports[0] if isinstance(clip, (str, os.PathLike)) else reports


def align(
    frames: ArrayLike,
    steps: Mapping[str, ArrayLike] | Sequence[ArrayLike],
    *,
    logit_scale: float,
    logit_bias: float | None = None,
    smoothing: int = 0,
    **options: Unpack[MethodOptions],
) -> Report:
    """Aligns embeddings made elsewhere and ranks the classes.

    ``frames`` has a row per frame, [T, d]; ``steps`` has a matrix per class, [K, d], by the class's name. Give them as the
    model makes them: the program normalises and smooths. ``logit_scale`` is the logarithm that the checkpoint stores; a model
    such as CLIP has no ``logit_bias``. ``smoothing`` is in frames.
    """
    classes = steps if isinstance(steps, Mapping) else {str(index): matrix for index, matrix in enumerate(steps)}
    with TemporaryDirectory(prefix="actalign-") as folder:
        files = [_saved(Path(folder) / f"{index}.npy", matrix) for index, matrix in enumerate(classes.values())]
        arguments = ["align", "--json", "--frames", _saved(Path(folder) / "frames.npy", frames), "--steps", *files]
        # As Python writes them: no digit is lost.
        numbers = {"logit_scale": logit_scale, "logit_bias": logit_bias, "smoothing": smoothing}
        document = json.loads(run([*arguments, *flags({**numbers, **options})]))
    for member, name in zip(document["classes"], classes, strict=True):
        member["name"] = name
    return Report.from_json(document)


def _saved(path: Path, matrix: ArrayLike) -> str:
    values = np.asarray(matrix)
    np.save(path, values if values.dtype in (np.float32, np.float64) else values.astype(np.float32), allow_pickle=False)
    return str(path)
