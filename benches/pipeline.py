"""From a clip to the ranking: this program and a plain Python script with the same model, in turns on this machine.

    python tests/reference/siglip.py base FOLDER                    # a random checkpoint of the real shape
    python benches/pipeline.py CLIP FOLDER [--fps 10] [--rounds 3] [--threads 2]

The script is what a researcher would write: PyAV decodes, transformers prepares and embeds, NumPy smooths and aligns. Both start
anew each time, and both load the checkpoint. Their rankings must agree. Needs av, numpy, pillow, tokenizers, torch and transformers.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "target/release/actalign-tui"
TEMPLATE = "This is a video of doing {action} in {domain} with {step}"
WORDS = "runs jumps turns holds lifts drops throws catches bends stands".split()


def scripts():
    """Five classes of five steps, in an order of their own."""
    steps = lambda first: [f"the athlete {WORDS[(first + 3 * step) % 10]} and {WORDS[(first + step) % 10]}" for step in range(5)]
    return {"domain": "sport", "classes": [{"name": f"action {first}", "steps": steps(first)} for first in range(5)]}


def plain_script(clip, folder, scripts_file, fps, threads):
    """Prints the ranking as JSON."""
    import av
    import numpy as np
    import torch
    from tokenizers import Tokenizer
    from transformers import SiglipImageProcessor, SiglipModel

    torch.set_num_threads(threads)
    model = SiglipModel.from_pretrained(folder).eval()
    processor = SiglipImageProcessor.from_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.enable_padding(length=64, pad_id=1)
    tokenizer.enable_truncation(64)

    pictures, before = [], None
    with av.open(clip) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        tick = 0
        for frame in container.decode(stream):
            # The picture on screen at each tick.
            while before is not None and tick / fps < frame.time - 1e-3:
                pictures.append(before.to_image())
                tick += 1
            before = frame
        pictures.append(before.to_image())

    unit = lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)
    with torch.inference_mode():
        of_batch = lambda batch: model.vision_model(**processor(batch, return_tensors="pt")).pooler_output
        frames = torch.cat([of_batch(pictures[at : at + 8]) for at in range(0, len(pictures), 8)]).numpy()
        document = json.loads(Path(scripts_file).read_text())
        scores = []
        half = fps // 2
        frames = unit(frames)
        smooth = unit(np.stack([frames[max(0, t - half) : t + half + 1].sum(axis=0) for t in range(len(frames))]))
        scale, bias = model.logit_scale.exp().item(), model.logit_bias.item()
        for entry in document["classes"]:
            texts = [TEMPLATE.format(action=entry["name"], domain=document["domain"], step=step) for step in entry["steps"]]
            ids = torch.tensor([encoding.ids for encoding in tokenizer.encode_batch([text.lower() for text in texts])])
            steps = unit(model.text_model(ids).pooler_output.numpy())
            cells = 1 / (1 + np.exp(-(scale * steps @ smooth.T + bias)))
            sums = np.full((cells.shape[0] + 1, cells.shape[1] + 1), -np.inf)
            sums[0, 0] = 0
            for i in range(cells.shape[0]):
                for j in range(cells.shape[1]):
                    best = max(sums[i, j], sums[i, j + 1], sums[i + 1, j])
                    sums[i + 1, j + 1] = best + cells[i, j]
            scores.append(sums[-1, -1] / (sum(cells.shape) - 1))
    names = [entry["name"] for entry in document["classes"]]
    print(json.dumps({"frames": len(pictures), "scores": dict(zip(names, map(float, scores)))}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip")
    parser.add_argument("model", type=Path)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plain", metavar="SCRIPTS", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plain:
        return plain_script(args.clip, args.model, args.plain, args.fps, args.threads)

    with tempfile.TemporaryDirectory() as folder:
        scripts_file = Path(folder) / "scripts.json"
        scripts_file.write_text(json.dumps(scripts()))
        python = [sys.executable, __file__, args.clip, str(args.model), "--fps", str(args.fps), "--plain", str(scripts_file)]
        program = [PROGRAM, "classify", args.clip, "--fps", str(args.fps), "--scripts", scripts_file, "--model", args.model, "--device", "cpu", "--json"]
        ways = {
            "plain Python script": [*python, "--threads", str(args.threads)],
            "this program, f32": [*program, "--precision", "f32"],
            "this program, auto": program,
        }
        times, scores, frames = {name: [] for name in ways}, {}, 0
        for _ in range(args.rounds):
            for name, command in ways.items():
                with tempfile.TemporaryDirectory() as cache:
                    environment = dict(os.environ, RAYON_NUM_THREADS=str(args.threads), ACTALIGN_CACHE_DIR=cache)
                    start = time.perf_counter()
                    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                    times[name].append(time.perf_counter() - start)
                found = json.loads(done.stdout)
                frames = found.get("frames", frames)
                scores[name] = found.get("scores") or {entry["name"]: entry["score"] for entry in found["classes"]}
    for name, seconds in times.items():
        median = statistics.median(seconds)
        plain = scores["plain Python script"]
        apart = max(abs(score / plain[of] - 1) for of, score in scores[name].items())
        order = lambda scores: sorted(scores, key=scores.get)
        assert order(scores[name]) == order(plain), (scores[name], plain)
        print(f"{name:20} {median:7.2f} s   {frames / median:6.2f} frames/s   scores differ by at most {100 * apart:.1f} %")


if __name__ == "__main__":
    main()
