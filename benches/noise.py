"""When does smoothing pay? Top-1 by smoothing width under several kinds of noise on the frame embeddings.

    actalign-world render --seed 2101 --clips 300 --difficulty video --out CLIPS
    python benches/noise.py CLIPS/manifest.jsonl --model demo

Frames are embedded once. Noise of a level L has L times the length of an embedding of usual length in all, and directions are
random. Every evaluation is one of `actalign-tui eval --embeddings`. Needs NumPy.
"""

import argparse
import json
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

RATE = 10
WIDTHS = [0, 0.3, 0.5, 1, 2, 4]


def independent(random, frames, level):
    """Every frame errs anew."""
    return frames + level * directions(random, frames)


def drifting(random, frames, level):
    """The error changes within about two seconds."""
    keep = np.exp(-1 / (2 * RATE))
    noise = directions(random, frames)
    for t in range(1, len(noise)):
        noise[t] = keep * noise[t - 1] + np.sqrt(1 - keep**2) * noise[t]
    return frames + level * noise


def lasting(random, frames, level):
    """One error for the whole clip."""
    return frames + level * directions(random, frames[:1])


def lost(random, frames, level):
    """A share of the frames, in runs of half a second, shows something else: the mean frame of all clips with noise."""
    frames = frames.copy()
    run = RATE // 2
    for start in range(0, len(frames), run):
        if random.random() < level:
            part = frames[start : start + run]
            part[:] = MEAN + 0.5 * directions(random, part)
    return frames


def flickering(random, frames, level):
    """A share of the frames, each by itself, shows something else."""
    frames = frames.copy()
    for t in range(len(frames)):
        if random.random() < level:
            frames[t] = MEAN + 0.5 * directions(random, frames[:1])[0]
    return frames


NOISE = {
    independent: [0.5, 1, 2, 3],
    drifting: [0.25, 0.5, 1],
    lasting: [0.25, 0.5, 1],
    lost: [0.2, 0.4],
    flickering: [0.2, 0.4],
}
MEAN = NORM = None


def directions(random, frames):
    """Random vectors of the usual length of an embedding."""
    noise = random.standard_normal(frames.shape)
    return noise * NORM / np.sqrt(frames.shape[1])


def embed(program, manifest, model):
    """Raw frame embeddings by the clip's id."""
    clips = [json.loads(line) for line in manifest.read_text().splitlines()]

    def frames(clip):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "frames.npy"
            video = manifest.parent / clip["video"]
            arguments = ["embed", "--model", model, "--video", video, "--fps", str(RATE), "--out", out]
            subprocess.run([program, *arguments], check=True, capture_output=True)
            return clip["id"], np.load(out).astype(np.float64)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(frames, clips))


def top1(program, manifest, model, embeddings):
    """Top-1 in per cent, in the default template: without order, by dtw at every smoothing width, and by windows without."""
    with tempfile.TemporaryDirectory() as folder:
        for name, frames in embeddings.items():
            np.save(Path(folder) / f"{name}.npy", frames.astype(np.float32))
        widths = ",".join(str(width) for width in WIDTHS)
        arguments = [manifest, "--embeddings", folder, "--fps", str(RATE), "--model", model, "--smoothing", widths]
        arguments += ["--aligners", "windows"]
        done = subprocess.run([program, "eval", *arguments, "--json"], check=True, capture_output=True)
    rows = {row["name"]: row["top1"] for row in json.loads(done.stdout)["rows"]}
    row = lambda aligner, width: rows[f"{aligner} / context / {width} s / context-rich"]
    return [rows["order-free"], *(row("dtw", width) for width in WIDTHS), row("windows", 0)]


def main():
    global MEAN, NORM
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--program", default="target/release/actalign-tui")
    args = parser.parse_args()
    clean = embed(args.program, args.manifest, args.model)
    everything = np.concatenate(list(clean.values()))
    MEAN, NORM = everything.mean(axis=0), np.linalg.norm(everything, axis=1).mean()
    columns = ["order-free", *(f"dtw, {width} s" for width in WIDTHS), "windows, 0 s"]
    print("| noise | level | " + " | ".join(columns) + " |\n|---|---:|" + "---:|" * len(columns), flush=True)
    for kind, levels in [(None, [0]), *NOISE.items()]:
        for level in levels:
            random = np.random.default_rng(1)
            noisy = {name: kind(random, frames, level) if kind else frames for name, frames in clean.items()}
            found = top1(args.program, args.manifest, args.model, noisy)
            cells = [kind.__name__ if kind else "none", str(level), *(f"{value:.1f}" for value in found)]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
