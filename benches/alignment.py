"""Alignment from embeddings to the ranking of 5 classes of 10 steps on 900 frames: this program and the arithmetic of the
method's authors in NumPy, in turns on this machine. First both align the same embeddings, and their scores must agree.

    python benches/alignment.py [--rounds 3]

Needs numpy. The authors' scripts fill the table of sums cell by cell in Python; `diagonals` fills the same table a
diagonal at a time, which is the best that NumPy alone can do.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FRAMES, CLASSES, STEPS, DIM = 900, 5, 10, 1152
LOG_SCALE, BIAS = 4.725, -16.5


def affinities(frames, steps):
    frames = frames / np.linalg.norm(frames, axis=1, keepdims=True)
    steps = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    logits = frames @ steps.T * np.exp(np.float32(LOG_SCALE)) + np.float32(BIAS)
    return 1 / (1 + np.exp(-logits))


def path_length(sums):
    """Steps back to the largest of the three neighbours."""
    i, j = sums.shape[0] - 1, sums.shape[1] - 1
    length = 1
    while (i, j) != (0, 0):
        before = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        i, j = max((cell for cell in before if min(cell) >= 0), key=lambda cell: sums[cell])
        length += 1
    return length


def cell_by_cell(matrix):
    rows, columns = matrix.shape
    sums = np.full((rows, columns), -np.inf)
    sums[0, 0] = matrix[0, 0]
    for i in range(rows):
        for j in range(columns):
            if i == j == 0:
                continue
            above = sums[i - 1, j] if i else -np.inf
            left = sums[i, j - 1] if j else -np.inf
            diagonal = sums[i - 1, j - 1] if i and j else -np.inf
            sums[i, j] = max(above, left, diagonal) + matrix[i, j]
    return sums[-1, -1] / path_length(sums)


def diagonals(matrix):
    rows, columns = matrix.shape
    sums = np.full((rows + 1, columns + 1), -np.inf)
    sums[1, 1] = matrix[0, 0]
    for diagonal in range(1, rows + columns - 1):
        i = np.arange(max(0, diagonal - columns + 1), min(rows, diagonal + 1))
        j = diagonal - i
        best = np.maximum(np.maximum(sums[i, j + 1], sums[i + 1, j]), sums[i, j])
        sums[i + 1, j + 1] = best + matrix[i, j]
    return sums[-1, -1] / path_length(sums[1:, 1:])


def scores(frames, scripts, align):
    return [float(align(affinities(frames, steps))) for steps in scripts]


def ours(frames, scripts):
    """What the program says of the same embeddings, by the preset that follows the authors' scripts."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/frames.npy", frames)
        for number, steps in enumerate(scripts):
            np.save(f"{folder}/{number}.npy", steps)
        command = ["cargo", "run", "--release", "--quiet", "--no-default-features", "--", "align"]
        command += ["--frames", f"{folder}/frames.npy", "--steps"]
        command += [f"{folder}/{number}.npy" for number in range(len(scripts))]
        command += ["--logit-scale", str(LOG_SCALE), "--logit-bias", str(BIAS), "--preset", "released", "--json"]
        document = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return [entry["score"] for entry in document["classes"]], document["ranking"]


def criterion():
    """Seconds of each benchmark of benches/alignment.rs."""
    command = ["cargo", "bench", "--no-default-features", "--bench", "alignment"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    target = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
        ).stdout
    )["target_directory"]
    read = lambda name: json.loads((Path(target) / "criterion" / name / "new" / "estimates.json").read_text())
    names = ["alignment/released", "alignment/paper_smoothed"]
    names += [f"cells/{aligner}" for aligner in ("dtw", "segment", "mean-path", "drop")]
    return {name: read(name)["median"]["point_estimate"] / 1e9 for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds

    random = np.random.default_rng(7)
    # Steps that look like stretches of the frames, so that the path has something to find.
    frames = np.cumsum(random.normal(size=(FRAMES, DIM)), axis=0).astype(np.float32)
    places = [np.sort(random.integers(0, FRAMES, STEPS)) for _ in range(CLASSES)]
    scripts = [frames[at] + 20 * random.normal(size=(STEPS, DIM)).astype(np.float32) for at in places]

    theirs = scores(frames, scripts, cell_by_cell)
    found, ranking = ours(frames, scripts)
    apart = max(abs(a - b) / abs(a) for a, b in zip(theirs, found))
    assert apart < 1e-4 and ranking == sorted(range(CLASSES), key=lambda at: -theirs[at]), (theirs, found)
    print(f"the same ranking on the same embeddings; scores differ by {apart:.1e} of them at most")

    times = {}
    for _ in range(rounds):
        for name, seconds in criterion().items():
            times.setdefault(name, []).append(seconds)
        for name, align, often in (("cell by cell", cell_by_cell, 3), ("diagonals", diagonals, 10)):
            start = time.perf_counter()
            for _ in range(often):
                scores(frames, scripts, align)
            times.setdefault(name, []).append((time.perf_counter() - start) / often)
    times = {name: statistics.median(values) for name, values in times.items()}
    mine = times["alignment/released"]
    for name, seconds in times.items():
        if name.startswith("cells/"):
            print(f"{name:26} {STEPS * FRAMES / seconds / 1e6:9.1f} million cells per second")
        else:
            print(f"{name:26} {1e3 * seconds:9.3f} ms   {seconds / mine:8.1f} × this program's")


if __name__ == "__main__":
    main()
