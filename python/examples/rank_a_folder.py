"""Rank the candidates of every clip of a folder, and write one table.

python rank_a_folder.py clips/ scripts.json google/siglip-base-patch16-224 ranking.csv
"""

import sys
from pathlib import Path

import pandas as pd

import actalign

folder, scripts, model, out = sys.argv[1:]
clips = sorted(path for path in Path(folder).iterdir() if path.suffix in {".mp4", ".mkv", ".mov", ".webm"})

# One call for all clips loads the model once.
reports = actalign.classify(clips, scripts=scripts, model=model)

tables = {clip.name: report.to_pandas() for clip, report in zip(clips, reports, strict=True)}
table = pd.concat(tables, names=["clip", "place"])
table.to_csv(out)
print(table.groupby("clip").head(1)[["name", "score", "margin"]])

# What the program itself is unsure of.
for clip, report in zip(clips, reports, strict=True):
    if report.confidence is not None and report.confidence.too_close:
        first, second = report.ranked[:2]
        print(f"{clip.name}: {first.name} or {second.name}?")
