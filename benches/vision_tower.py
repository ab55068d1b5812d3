"""Images per second of the image tower on the processor: this program, PyTorch, ONNX Runtime and OpenVINO in turns, on the
same weights and threads, in f32 and in bf16 (which ONNX Runtime lacks), each at several batch sizes.

    python tests/reference/siglip.py base FOLDER            (or: so400m FOLDER)
    python benches/vision_tower.py FOLDER [--threads 2] [--rounds 3] [--batches 1 4 8] [--precisions f32 bf16]

Needs torch, transformers, onnx, onnxruntime and openvino.
"""

import argparse
import copy
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy
import onnxruntime
import openvino
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


def export(model, size, path):
    torch.onnx.export(
        model,
        (torch.zeros(2, 3, size, size),),
        path,
        input_names=["pixels"],
        output_names=["embeddings"],
        dynamic_axes={"pixels": {0: "images"}, "embeddings": {0: "images"}},
        dynamo=False,
    )


def onnx_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def openvino_model(path, threads, precision):
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    return openvino.Core().compile_model(str(path), "CPU", settings)


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
    command = ["cargo", "bench", "--workspace", "--quiet", "--no-default-features", "--bench", "vision_tower", "--"]
    command += [f"vision_tower/batch_{batch}$", "--noplot", "--measurement-time", str(SECONDS)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    target = Path(environment.get("CARGO_TARGET_DIR", ROOT / "target"))
    estimates = json.loads((target / f"criterion/vision_tower/batch_{batch}/new/estimates.json").read_text())
    return batch / (estimates["median"]["point_estimate"] / 1e9)


def cosine(a, b):
    """The least of the cosines between rows."""
    lengths = numpy.linalg.norm(a, axis=1) * numpy.linalg.norm(b, axis=1)
    return ((a * b).sum(axis=1) / lengths).min()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8], help="of 1, 2, 4, 8 and 16")
    parser.add_argument("--precisions", nargs="+", choices=["f32", "bf16"], default=["f32", "bf16"])
    arguments = parser.parse_args()
    threads = arguments.threads
    torch.set_num_threads(threads)
    environment = os.environ | {
        "ACTALIGN_TEST_CHECKPOINT": str(arguments.checkpoint.resolve()),
        "RAYON_NUM_THREADS": str(threads),
    }
    model = Embeddings(SiglipVisionModel.from_pretrained(arguments.checkpoint, dtype=torch.float32)).eval()
    size = model.model.config.image_size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tower.onnx"
        export(model, size, path)
        session = onnx_session(path, threads)
        compiled = {precision: openvino_model(path, threads, precision) for precision in arguments.precisions}

    def pytorch(precision):
        towers = {"f32": model, "bf16": copy.deepcopy(model).to(torch.bfloat16)}
        tower, dtype = towers[precision], {"f32": torch.float32, "bf16": torch.bfloat16}[precision]

        def embed(pixels):
            with torch.inference_mode():
                return tower(torch.from_numpy(pixels).to(dtype)).float().numpy()

        return embed

    runtimes = {}
    for precision in arguments.precisions:
        runtimes["PyTorch", precision] = pytorch(precision)
        if precision == "f32":
            runtimes["ONNX Runtime", precision] = lambda pixels: session.run(None, {"pixels": pixels})[0]
        runtimes["OpenVINO", precision] = lambda pixels, run=compiled[precision]: run([pixels])[0]

    def pixels(batch):
        return (torch.rand(batch, 3, size, size) * 2 - 1).numpy()

    exact = pixels(4)
    for name, embed in runtimes.items():
        print(f"{name}: cosine to PyTorch's f32 {cosine(embed(exact), pytorch('f32')(exact)):.6f}")

    columns = [("this program", precision) for precision in arguments.precisions] + list(runtimes)
    rates = {(column, batch): [] for column in columns for batch in arguments.batches}
    for _ in range(arguments.rounds):
        for batch in arguments.batches:
            for column in columns:
                if column[0] == "this program":
                    found = this_program(batch, environment | {"ACTALIGN_TEST_PRECISION": column[1]})
                else:
                    images = pixels(batch)
                    found = rate(batch, lambda: runtimes[column](images))
                rates[column, batch].append(found)

    versions = f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, openvino {openvino.__version__}"
    print(f"{versions}, {threads} threads")
    print(f"| images/s, median of {arguments.rounds} | " + " | ".join(f"batch {b}" for b in arguments.batches) + " | best |")
    print("|---|" + "---:|" * (len(arguments.batches) + 1))
    best = {}
    for column in columns:
        medians = [statistics.median(rates[column, batch]) for batch in arguments.batches]
        best[column] = max(medians)
        print(f"| {' '.join(column)} | " + " | ".join(f"{m:.2f}" for m in medians) + f" | {best[column]:.2f} |")
    for name, precision in runtimes:
        ratio = best["this program", precision] / best[name, precision]
        print(f"this program / {name}, {precision}, each at its best batch: {ratio:.2f}")


if __name__ == "__main__":
    main()
