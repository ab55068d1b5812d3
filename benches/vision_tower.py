"""Images per second of the image tower on the processor: this program, PyTorch and ONNX Runtime in turns, on the same
weights and threads, in f32, each at several batch sizes.

    python tests/reference/siglip.py base FOLDER            (or: so400m FOLDER)
    python benches/vision_tower.py FOLDER [--threads 2] [--rounds 3] [--batches 1 4 8]

Needs torch, transformers, onnx and onnxruntime.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import onnxruntime
import torch
from transformers import SiglipVisionModel

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 6


class Embeddings(torch.nn.Module):
    """The tower with its embeddings as the only output."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixels):
        return self.model(pixels).pooler_output


def onnx_session(model, size, threads):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tower.onnx"
        torch.onnx.export(
            model,
            (torch.zeros(2, 3, size, size),),
            path,
            input_names=["pixels"],
            output_names=["embeddings"],
            dynamic_axes={"pixels": {0: "images"}, "embeddings": {0: "images"}},
            dynamo=False,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def rate(batch, run):
    """Images per second in the median run of some seconds."""
    run()
    times, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return batch / statistics.median(times)


def this_program(batch, environment):
    command = ["cargo", "bench", "--quiet", "--no-default-features", "--bench", "vision_tower", "--"]
    command += [f"vision_tower/batch_{batch}$", "--noplot", "--measurement-time", str(SECONDS)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    target = Path(environment.get("CARGO_TARGET_DIR", ROOT / "target"))
    estimates = json.loads((target / f"criterion/vision_tower/batch_{batch}/new/estimates.json").read_text())
    return batch / (estimates["median"]["point_estimate"] / 1e9)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8], help="of 1, 2, 4, 8 and 16")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    environment = os.environ | {
        "ACTALIGN_TEST_CHECKPOINT": str(arguments.checkpoint.resolve()),
        "RAYON_NUM_THREADS": str(arguments.threads),
    }
    model = Embeddings(SiglipVisionModel.from_pretrained(arguments.checkpoint)).eval()
    size = model.model.config.image_size
    session = onnx_session(model, size, arguments.threads)

    def pytorch(batch):
        pixels = torch.rand(batch, 3, size, size) * 2 - 1
        with torch.inference_mode():
            return rate(batch, lambda: model(pixels))

    def onnx(batch):
        pixels = (torch.rand(batch, 3, size, size) * 2 - 1).numpy()
        return rate(batch, lambda: session.run(None, {"pixels": pixels}))

    runtimes = {"this program": lambda batch: this_program(batch, environment), "PyTorch": pytorch, "ONNX Runtime": onnx}
    rates = {(name, batch): [] for name in runtimes for batch in arguments.batches}
    for _ in range(arguments.rounds):
        for batch in arguments.batches:
            for name, run in runtimes.items():
                rates[name, batch].append(run(batch))

    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, {arguments.threads} threads")
    print(f"| images/s, median of {arguments.rounds} | " + " | ".join(f"batch {b}" for b in arguments.batches) + " | best |")
    print("|---|" + "---:|" * (len(arguments.batches) + 1))
    best = {}
    for name in runtimes:
        medians = [statistics.median(rates[name, batch]) for batch in arguments.batches]
        best[name] = max(medians)
        print(f"| {name} | " + " | ".join(f"{m:.2f}" for m in medians) + f" | {best[name]:.2f} |")
    for name in list(runtimes)[1:]:
        print(f"this program / {name}, each at its best batch: {best['this program'] / best[name]:.2f}")


if __name__ == "__main__":
    main()
