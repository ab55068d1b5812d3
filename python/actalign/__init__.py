"""The program ``actalign-tui`` from Python: recognise actions by aligning scripts of steps with the frames of a clip.

Every function runs the program, which this package installs, and returns what it prints as dataclasses and NumPy arrays.
Nothing is computed here.

>>> import actalign
>>> report = actalign.classify("clip.mp4", scripts="scripts.json", model="google/siglip-base-patch16-224")
>>> report.best.name, report.best.margin
"""

from actalign._embeddings import Embeddings, embed
from actalign._moments import Moment, Moments, Order, find
from actalign._program import ActalignError, program, version
from actalign._report import ClassReport, Confidence, Report, WithoutStep, align, classify
from actalign._snapshot import Candidate, Snapshot, Thumbnail, load_snapshot

__all__ = [
    "ActalignError",
    "Candidate",
    "ClassReport",
    "Confidence",
    "Embeddings",
    "Moment",
    "Moments",
    "Order",
    "Report",
    "Snapshot",
    "Thumbnail",
    "WithoutStep",
    "align",
    "classify",
    "embed",
    "find",
    "load_snapshot",
    "program",
    "version",
]
