"""Reference values for the alignment tests, in NumPy float64.

    python tests/reference/align.py

writes tests/fixtures/align/reference.json. Everything is done the long way: smoothed frames are built, and the
best path is found by recursion over its last move.
"""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

LOG_SCALE, BIAS = 1.5, -0.75
OUT = Path(__file__).parents[1] / "fixtures" / "align" / "reference.json"


def unit(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def moving_average(rows, before, after):
    """Mean over `before` rows, the row itself and `after` rows of a zero-padded sequence, where all fit."""
    kernel = np.ones(before + after + 1) / (before + after + 1)
    return np.stack([np.convolve(column, kernel, mode="valid") for column in rows.T], axis=1)


def smooth(frames, width, preset):
    if width <= 1:
        return unit(frames)
    if preset == "paper":
        half = width // 2
        padded = np.pad(unit(frames), ((half, half), (0, 0)))
        return unit(moving_average(padded, half, half))
    side = (width - 1) // 2
    padded = np.pad(frames, ((side, side), (0, 0)))
    return unit(moving_average(padded, 0, width - 1))


def best_path(cells):
    """The warping path of highest sum; among equals the one whose moves, read from its end, come first in the
    order diagonal, previous frame, previous step."""

    @lru_cache(None)
    def best(k, t):
        if (k, t) == (0, 0):
            return cells[0, 0], ((0, 0),)
        froms = [(k - 1, t - 1), (k, t - 1), (k - 1, t)]
        total, path = max((best(*cell) for cell in froms if min(cell) >= 0), key=lambda found: found[0])
        return total + cells[k, t], path + ((k, t),)

    return best(cells.shape[0] - 1, cells.shape[1] - 1)


def aligned(cells):
    total, path = best_path(cells)
    per_step = [sum(k == step for k, _ in path) for step in range(len(cells))]
    return {
        "score": total / len(path),
        "path": path,
        "frames_per_step": per_step,
        "collapsed": len(cells[0]) >= 4 * len(cells) and sum(n == 1 for n in per_step) > len(cells) / 2,
        "order_free": cells.mean(),
    }


def smoothed(frames, steps, width, preset):
    cosines = unit(steps) @ smooth(frames, width, preset).T
    affinity = 1 / (1 + np.exp(-(np.exp(LOG_SCALE) * cosines + BIAS)))
    return {
        "preset": preset,
        "width": width,
        "cosines": cosines.tolist(),
        "affinities": affinity.tolist(),
        "affinity": aligned(affinity),
        "cosine": aligned(cosines),
    }


def mean_pool(frames, names, norm):
    mean = frames.mean(axis=0)
    return (names @ mean / np.linalg.norm(mean) / norm(names)).tolist()


def clip(random, count, length):
    def draw(*shape):
        """Eighths: exact in float32 and short in JSON. Rows differ in length, as raw embeddings do."""
        return np.round(8 * random.normal(size=shape) * random.uniform(0.5, 3, size=(*shape[:-1], 1))) / 8

    frames, steps, name = draw(length, 5), draw(count, 5), draw(5)
    # Rows of several lengths stand for the names of classes.
    names = np.vstack([name, steps])
    return {
        "frames": frames.tolist(),
        "steps": steps.tolist(),
        "name": name.tolist(),
        "mean_pool": {
            "paper": mean_pool(unit(frames), names, lambda names: np.linalg.norm(names, axis=1)),
            "released": mean_pool(frames, names, np.linalg.norm),
        },
        "smoothed": [
            smoothed(frames, steps, width, preset)
            for preset in ("paper", "released")
            for width in (0, 3, 4, 40)
            # An even width of the released scripts loses a frame, here the only one.
            if (preset, length, width % 2) != ("released", 1, 0) or width == 0
        ],
    }


def rounded(value):
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return value


def main():
    random = np.random.default_rng(7)
    shapes = [(3, 13), (4, 3), (1, 1), (1, 6), (3, 1)]
    document = {
        "log_scale": LOG_SCALE,
        "bias": BIAS,
        "alpha": np.exp(LOG_SCALE),
        "clips": [clip(random, *shape) for shape in shapes],
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(rounded(document)) + "\n")


if __name__ == "__main__":
    main()
