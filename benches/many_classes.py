"""What it takes to rank many classes whose embeddings are known: seconds and memory of `classify` and `align`.

    cargo build --release
    python benches/many_classes.py FOLDER [CLASSES [STEPS [FRAMES]]]       # needs numpy, and GNU time

FOLDER is filled once: pictures, scripts, and a random checkpoint of one layer with the 1152 dimensions of
SigLIP's largest models, which embeds them all into a cache. After that `classify` is warm, and no tower is loaded.
"""

import json
import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target" / "release" / "actalign-tui"
D, MLP, PATCH, VOCABULARY, TOKENS = 1152, 288, 112, 1000, 16


def png(path, pixels):
    """Writes height × width × 3 bytes."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def make_clip(folder, frames, rng):
    folder.mkdir()
    at = rng.uniform(0, 255, (4, 4, 3))
    for number in range(frames):
        at = np.clip(at + rng.normal(0, 12, at.shape), 0, 255)
        png(folder / f"frame{number:06}.png", np.kron(at, np.ones((8, 8, 1))).astype(np.uint8))


def make_scripts(path, classes, steps, words, rng):
    step = lambda: " ".join(rng.choice(words, 3))
    made = [{"name": f"class {c}", "steps": [step() for _ in range(steps)]} for c in range(classes)]
    path.write_text(json.dumps({"domain": "sport", "classes": made}))


def shapes():
    def tower(name):
        yield f"{name}.encoder.layers.0.layer_norm1", D
        yield f"{name}.encoder.layers.0.layer_norm2", D
        for part in ("q", "k", "v"):
            yield f"{name}.encoder.layers.0.self_attn.{part}_proj", (D, D)
        yield f"{name}.encoder.layers.0.self_attn.out_proj", (D, D)
        yield f"{name}.encoder.layers.0.mlp.fc1", (MLP, D)
        yield f"{name}.encoder.layers.0.mlp.fc2", (D, MLP)

    vision, text = "vision_model", "text_model"
    yield f"{vision}.embeddings.patch_embedding", (D, 3, PATCH, PATCH)
    yield f"{vision}.post_layernorm", D
    yield f"{vision}.head.attention.out_proj", (D, D)
    yield f"{vision}.head.layernorm", D
    yield f"{vision}.head.mlp.fc1", (MLP, D)
    yield f"{vision}.head.mlp.fc2", (D, MLP)
    yield f"{text}.final_layer_norm", D
    yield f"{text}.head", (D, D)
    yield from tower(vision)
    yield from tower(text)


def make_checkpoint(folder, rng):
    folder.mkdir()
    tokenizer = ROOT / "tests/fixtures/siglip/tiny/tokenizer.json"
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    tower = {"hidden_size": D, "intermediate_size": MLP, "num_hidden_layers": 1, "num_attention_heads": 16}
    config = {"model_type": "siglip", "vision_config": dict(tower, patch_size=PATCH, image_size=224),
              "text_config": dict(tower, vocab_size=VOCABULARY, max_position_embeddings=TOKENS)}
    (folder / "config.json").write_text(json.dumps(config))
    random = lambda *shape: rng.normal(0, 1 / np.sqrt(shape[-1]), shape).astype("<f4")
    tensors = {
        "logit_scale": np.array([np.log(112.7)], "<f4"),
        "logit_bias": np.array([-16.5], "<f4"),
        "vision_model.embeddings.position_embedding.weight": random((224 // PATCH) ** 2, D),
        "vision_model.head.probe": random(1, 1, D),
        "vision_model.head.attention.in_proj_weight": random(3 * D, D),
        "vision_model.head.attention.in_proj_bias": np.zeros(3 * D, "<f4"),
        "text_model.embeddings.token_embedding.weight": random(VOCABULARY, D),
        "text_model.embeddings.position_embedding.weight": random(TOKENS, D),
    }
    for name, shape in shapes():
        out = shape if isinstance(shape, int) else shape[0]
        is_norm = isinstance(shape, int)
        tensors[f"{name}.weight"] = np.ones(shape, "<f4") if is_norm else random(*shape)
        tensors[f"{name}.bias"] = np.zeros(out, "<f4")
    header, data, at = {}, [], 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]}
        data.append(values.tobytes())
        at += values.nbytes
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def make_embeddings(folder, classes, steps, frames, rng):
    folder.mkdir()
    walk = np.zeros(D)
    rows = []
    for _ in range(frames):
        walk = 0.9 * walk + rng.uniform(-1, 1, D)
        rows.append(walk)
    np.save(folder / "frames.npy", np.array(rows, "<f4"))
    for number in range(classes):
        np.save(folder / f"class{number:04}.npy", rng.uniform(-1, 1, (steps, D)).astype("<f4"))


def run(folder, arguments, what=None):
    """Runs the program; prints its seconds, its processor time and its largest memory as `what`."""
    own = {name: str(folder / name.lower()) for name in ("ACTALIGN_CONFIG_DIR", "ACTALIGN_DATA_DIR", "ACTALIGN_CACHE_DIR")}
    command = ["/usr/bin/time", "-v", PROGRAM, *arguments]
    with open(folder / "out", "wb") as out:
        done = subprocess.run(command, cwd=folder, env={**os.environ, **own}, stdout=out, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    if what:
        found = lambda pattern: re.search(pattern + r".*: ([\d:.]+)$", done.stderr, re.M)[1]
        minutes, seconds = found("Elapsed").split(":")[-2:]
        elapsed = 60 * int(minutes) + float(seconds)
        used = float(found("User time")) + float(found("System time"))
        print(f"| {what} | {elapsed:.2f} | {used:.2f} | {int(found('Maximum resident')) / 1000:.0f} |", flush=True)


def main():
    folder = Path(sys.argv[1]).resolve()
    classes, steps, frames = [int(n) for n in sys.argv[2:5]] + [1000, 10, 6000][len(sys.argv[2:5]):]
    rng = np.random.default_rng(7)
    classify = ["classify", "clip", "--fps", "native", "--scripts", "scripts.json", "--template", "{step}"]
    classify += ["--model", "model"]
    if not folder.exists():
        folder.mkdir(parents=True)
        vocabulary = json.loads((ROOT / "tests/fixtures/siglip/tiny/tokenizer.json").read_text())
        pieces = [piece for piece, _ in vocabulary["model"]["vocab"]]
        words = sorted({piece.strip("▁") for piece in pieces if piece.strip("▁").isalpha()})
        make_clip(folder / "clip", frames, rng)
        make_scripts(folder / "scripts.json", classes, steps, words, rng)
        make_checkpoint(folder / "model", rng)
        make_embeddings(folder / "npy", classes, steps, frames, rng)
        run(folder, classify)
    align = ["align", "--frames", "npy/frames.npy", "--logit-scale", "4.7", "--logit-bias=-16.5", "--smoothing", "10", "--steps"]
    align += [f"npy/class{number:04}.npy" for number in range(classes)]
    print(f"| {classes} classes × {steps} steps × {frames} frames | s | processor s | MB |\n|---|---:|---:|---:|")
    run(folder, classify, "`classify`")
    run(folder, classify + ["--json"], "`classify --json`")
    run(folder, classify + ["--order-evidence", "none"], "`classify --order-evidence none`")
    run(folder, align, "`align`")


main()
