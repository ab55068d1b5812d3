"""Snapshots that the explorer saved."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from actalign._report import Report

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from actalign._program import PathLike

FORMAT = "actalign-snapshot/2"


@dataclass(frozen=True)
class Candidate:
    """A candidate with its matrices; K steps, T frames."""

    name: str
    domain: str
    steps: tuple[str, ...]
    sentences: tuple[str, ...]
    """The steps as they were embedded."""
    cosines: NDArray[np.float32] | None
    """Smoothed, [K, T]; None if a step was not embedded."""
    cells: NDArray[np.float32] | None
    """What was aligned, [K, T]."""


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a frame."""

    ordinal: int
    time: float
    """In seconds."""
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """What the explorer showed of a clip."""

    report: Report
    """The ranking, as of :func:`actalign.classify`."""
    candidates: tuple[Candidate, ...]
    """In the order given."""
    ordinals: NDArray[np.int64]
    """Of the frames in the clip, [T]."""
    times: NDArray[np.float64]
    """Of the frames in seconds, [T]."""
    thumbnails: tuple[Thumbnail, ...]
    hashes: dict[str, str | None]
    """BLAKE3 of clip, model and scripts."""
    complete: bool
    """Whether every frame was embedded."""
    program: str
    created: str
    document: dict[str, Any] = field(repr=False)
    """The whole file."""


def load_snapshot(path: PathLike) -> Snapshot:
    """Reads a snapshot, ``CLIP.actalign-N.json``.

    Raises ``ValueError`` if the file is no snapshot or of another format.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        found = str(document["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{os.fspath(path)} is not a snapshot") from error
    if found != FORMAT:
        raise ValueError(
            f"{os.fspath(path)} has the format {found}, but this package reads {FORMAT}\n"
            "help: use the version of actalign-tui that wrote it, or write it again"
        )
    return Snapshot(
        report=Report.from_json(document),
        candidates=tuple(map(_candidate, document["candidates"])),
        ordinals=np.array(document["frames"]["ordinals"], dtype=np.int64),
        times=np.array(document["frames"]["times"], dtype=np.float64),
        thumbnails=tuple(map(_thumbnail, document["thumbnails"])),
        hashes=document["hashes"],
        complete=document["complete"],
        program=document["program"],
        created=document["created"],
        document=document,
    )


def _candidate(document: Mapping[str, Any]) -> Candidate:
    cosines, cells = (
        None if document.get(name) is None else np.array(document[name], dtype=np.float32) for name in ("cosines", "cells")
    )
    steps, sentences = tuple(document["steps"]), tuple(document["sentences"])
    return Candidate(document["name"], document["domain"], steps, sentences, cosines, cells)


def _thumbnail(document: Mapping[str, Any]) -> Thumbnail:
    return Thumbnail(document["ordinal"], document["time"], base64.b64decode(document["jpeg"]))
