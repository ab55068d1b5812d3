"""Moments of long clips."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from actalign._program import file_argument, flags, run, script_file, table

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from actalign._program import PathLike


@dataclass(frozen=True)
class Order:
    """Evidence that the order of the steps matters."""

    z: float | None
    p: float | None


@dataclass(frozen=True)
class Moment:
    """A part of a clip that fits a script; times in seconds."""

    name: str
    """The class."""
    start: float
    end: float
    score: float
    margin: float | None
    steps: NDArray[np.float64]
    """Start and end of each step, [K, 2]."""
    order: Order | None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Moment:
        """A member of ``moments``. Unknown fields are ignored."""
        order = document.get("order")
        return cls(
            name=document["class"],
            start=document["start"],
            end=document["end"],
            score=document["score"],
            margin=document.get("margin"),
            # A step without frames has no times.
            steps=np.array([step or [np.nan, np.nan] for step in document["steps"]], dtype=np.float64).reshape(-1, 2),
            order=None if order is None else Order(order.get("z"), order.get("p")),
        )

    def row(self) -> dict[str, Any]:
        """A row of a table."""
        order = self.order or Order(None, None)
        numbers = {"score": self.score, "margin": self.margin, "order_z": order.z, "order_p": order.p}
        return {"class": self.name, "start": self.start, "end": self.end, **numbers}


@dataclass(frozen=True)
class Moments(Sequence[Moment]):
    """The moments of a clip, best first."""

    moments: tuple[Moment, ...]
    settings: dict[str, Any]
    """Every knob."""
    document: dict[str, Any] = field(repr=False)
    """What the program printed."""

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Moments:
        """A document of ``find --json``."""
        return cls(tuple(map(Moment.from_json, document["moments"])), document["settings"], document)

    def __len__(self) -> int:
        return len(self.moments)

    def __getitem__(self, index: Any) -> Any:
        return self.moments[index]

    def __iter__(self) -> Iterator[Moment]:
        return iter(self.moments)

    def to_pandas(self) -> pd.DataFrame:
        """A row per moment, best first. Needs pandas."""
        return table([moment.row() for moment in self])


def find(
    clip: PathLike,
    *,
    scripts: PathLike | Mapping[str, Any],
    model: PathLike | None = None,
    **options: Any,
) -> Moments:
    """Finds the moments of a long clip that fit a script.

    Arguments are as for :func:`actalign.classify`; options are those of ``actalign-tui find``.
    """
    with script_file(scripts) as script:
        arguments = ["find", file_argument(clip), "--json", f"--scripts={script}", *flags(options)]
        return Moments.from_json(json.loads(run(arguments, model)))
