"""Images per second of the image tower: this program beside PyTorch, in turns, on the same weights and threads.

    python tests/reference/siglip.py base FOLDER
    python benches/vision_tower.py FOLDER [--threads 2] [--rounds 3]

Needs torch and transformers.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

import torch
from transformers import SiglipVisionModel

ROOT = Path(__file__).resolve().parent.parent
BATCHES = (1, 8)


def pytorch(model, batch, repeats=5):
    pixels = torch.rand(batch, 3, model.config.image_size, model.config.image_size) * 2 - 1
    with torch.inference_mode():
        model(pixels)
        start = time.perf_counter()
        for _ in range(repeats):
            model(pixels)
        return batch * repeats / (time.perf_counter() - start)


def ours(batch, environment):
    command = ["cargo", "bench", "--quiet", "--no-default-features", "--bench", "vision_tower", "--"]
    command += [f"vision_tower/batch_{batch}$", "--noplot", "--measurement-time", "8"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    target = Path(environment.get("CARGO_TARGET_DIR", ROOT / "target"))
    estimates = json.loads((target / f"criterion/vision_tower/batch_{batch}/new/estimates.json").read_text())
    return batch / (estimates["median"]["point_estimate"] / 1e9)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    environment = os.environ | {
        "ACTALIGN_TEST_CHECKPOINT": str(arguments.checkpoint.resolve()),
        "RAYON_NUM_THREADS": str(arguments.threads),
    }
    model = SiglipVisionModel.from_pretrained(arguments.checkpoint).eval()
    for batch in BATCHES:
        rounds = [(pytorch(model, batch), ours(batch, environment)) for _ in range(arguments.rounds)]
        for theirs, mine in rounds:
            print(f"batch {batch}: PyTorch {theirs:.2f}, this program {mine:.2f} images/s, ratio {mine / theirs:.3f}")
        ratio = statistics.median(mine / theirs for theirs, mine in rounds)
        print(f"batch {batch}: median ratio {ratio:.3f}", flush=True)


if __name__ == "__main__":
    main()
