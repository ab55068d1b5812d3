"""Makes the SigLIP fixtures: random checkpoints in the layout of the model hub, with what the reference
implementation makes of them.

    python tests/reference/siglip.py fixtures tests/fixtures/siglip
    python tests/reference/siglip.py batches tests/fixtures/siglip   texts padded to the longest of them
    python tests/reference/siglip.py base FOLDER [f16|bf16]      a checkpoint of base size, not to be committed
    python tests/reference/siglip.py so400m FOLDER [f16|bf16]    one of the largest size, with 64 text positions

Needs torch, transformers, tokenizers, sentencepiece, protobuf, safetensors, numpy and pillow.
"""

import json
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays, save_file as save_arrays
from safetensors.torch import save_file as save_tensors
from transformers import SiglipConfig, SiglipModel, SiglipTokenizer

from siglip_texts import LINES
from siglip_tokenizer import train_tokenizer

# What is left out takes the defaults, as in the published files.
TINY = {
    "model_type": "siglip",
    "text_config": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "model_type": "siglip_text_model",
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
    },
    "vision_config": {
        "hidden_size": 32,
        "image_size": 32,
        "intermediate_size": 64,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "patch_size": 8,
    },
}

# Head size 72, patches that do not divide the image, a text tower of another width, 16 positions.
AWKWARD = {
    "model_type": "siglip",
    "text_config": {
        "hidden_size": 72,
        "intermediate_size": 96,
        "max_position_embeddings": 16,
        "model_type": "siglip_text_model",
        "num_attention_heads": 1,
        "num_hidden_layers": 2,
        "projection_size": 144,
    },
    "vision_config": {
        "hidden_size": 144,
        "image_size": 47,
        "intermediate_size": 96,
        "model_type": "siglip_vision_model",
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "patch_size": 10,
    },
}

BASE = {"model_type": "siglip", "text_config": {}, "vision_config": {}}

SO400M_TOWER = {"hidden_size": 1152, "intermediate_size": 4304, "num_attention_heads": 16, "num_hidden_layers": 27}
SO400M = {
    "model_type": "siglip",
    "text_config": SO400M_TOWER | {"vocab_size": 32000},
    "vision_config": SO400M_TOWER | {"image_size": 224, "patch_size": 14},
}


def randomise(model, seed, logit_scale, logit_bias):
    """Weights large enough that every part of the model shows in its output."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        if "norm" in name and name.endswith("weight"):
            value = 1.0 + 0.3 * noise
        elif name.endswith("bias"):
            value = 0.2 * noise
        elif "position_embedding" in name:
            value = 0.5 * noise
        elif "token_embedding" in name or "class_embedding" in name or name.endswith("probe"):
            value = noise
        else:
            fan_in = parameter[0].numel() if parameter.dim() else 1
            value = noise * (1.2 / fan_in**0.5)
        parameter.data.copy_(value)
    model.logit_scale.data.fill_(logit_scale)
    if logit_bias is not None:
        model.logit_bias.data.fill_(logit_bias)


def pictures(size, count, seed):
    """Smooth colour fields with some noise: uint8 [count, size, size, 3]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    out = []
    for _ in range(count):
        a, b, c, d = rng.uniform(-6, 6, (4, 3))
        field = 0.5 + 0.35 * np.sin(a * x[..., None] + b * y[..., None] + c) + 0.1 * d * (x * y)[..., None] / 6
        field += rng.normal(0, 0.05, field.shape)
        out.append(np.clip(field * 255, 0, 255).astype(np.uint8))
    return np.stack(out)


def write_checkpoint(folder, config, resample, tokenizer, seed, logit_scale, logit_bias, dtype=torch.float32):
    """Writes the four files and returns the model, its weights as they are after rounding to `dtype`."""
    folder.mkdir(parents=True, exist_ok=True)
    config["text_config"].setdefault("vocab_size", tokenizer.get_vocab_size())
    model = SiglipModel(SiglipConfig(**config)).eval()
    randomise(model, seed, logit_scale, logit_bias)
    model = model.to(dtype)
    state = {name: value.contiguous() for name, value in model.state_dict().items() if "position_ids" not in name}
    save_tensors(state, folder / "model.safetensors", metadata={"format": "pt"})
    size = model.config.vision_config.image_size
    preprocessor = {
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": "SiglipImageProcessor",
        "image_std": [0.5, 0.5, 0.5],
        "resample": resample,
        "rescale_factor": 0.00392156862745098,
        "size": {"height": size, "width": size},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=2) + "\n")
    tokenizer.save(str(folder / "tokenizer.json"))
    return model


@torch.no_grad()
def write_expected(folder, model, spiece, texts, image_count, seed):
    """Embeddings in double precision, and the ids of every line."""
    length = model.config.text_config.max_position_embeddings
    reference = SiglipTokenizer(str(spiece), model_max_length=length)
    ids = reference(texts, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    full = [len(reference(text)["input_ids"]) for text in texts]
    images = pictures(model.config.vision_config.image_size, image_count, seed)
    model = model.double()
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).double() / 255
    embedded = 12
    save_arrays(
        {
            "images": images,
            "image_embeds": model.vision_model((pixels - 0.5) / 0.5).pooler_output.float().numpy(),
            "input_ids": ids.to(torch.int32).numpy(),
            "text_embeds": model.text_model(ids[:embedded]).pooler_output.float().numpy(),
        },
        folder / "expected.safetensors",
    )
    lines = [{"text": text, "cut": tokens > length} for text, tokens in zip(texts, full, strict=True)]
    (folder / "texts.json").write_text(json.dumps(lines, ensure_ascii=True, indent=0) + "\n")


def fixtures(out):
    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary)
        tokenizer, spiece = train_tokenizer(temporary / "tiny", 420, small_charsmap=True, own_rules=True)
        model = write_checkpoint(out / "tiny", TINY, 3, tokenizer, 1, 2.3, -1.5)
        write_expected(out / "tiny", model, spiece, LINES, 5, 11)
        tokenizer, spiece = train_tokenizer(temporary / "awkward", 300, small_charsmap=False, own_rules=False)
        model = write_checkpoint(out / "awkward", AWKWARD, 2, tokenizer, 2, 4.5, -12.0)
        write_expected(out / "awkward", model, spiece, LINES, 3, 12)


@torch.no_grad()
def write_batch(folder):
    """Embeddings in double precision of texts of at most half the length, padded to the longest of them."""
    model = SiglipModel.from_pretrained(folder).eval().double()
    ids = torch.from_numpy(load_arrays(folder / "expected.safetensors")["input_ids"]).long()
    # The end token, which is also the padding, is never within a text.
    lengths = (ids == 1).int().argmax(dim=1) + 1
    lines = torch.nonzero((lengths > 1) & (lengths <= ids.shape[1] // 2)).flatten()[:9]
    longest = int(lengths[lines].max())
    embedded = model.text_model(ids[lines, :longest]).pooler_output.float().numpy()
    save_arrays({"lines": lines.int().numpy(), "text_embeds": embedded}, folder / "batch.safetensors")


def real_size(config, image_count):
    out = Path(sys.argv[2])
    dtype = {"f16": torch.float16, "bf16": torch.bfloat16}.get((sys.argv[3:] + ["f32"])[0], torch.float32)
    with tempfile.TemporaryDirectory() as temporary:
        tokenizer, spiece = train_tokenizer(Path(temporary) / "base", 420, small_charsmap=False, own_rules=True)
        model = write_checkpoint(out, config, 3, tokenizer, 3, 4.7, -12.9, dtype)
        write_expected(out, model, spiece, LINES, image_count, 13)


if __name__ == "__main__":
    random.seed(0)
    match sys.argv[1]:
        case "fixtures":
            fixtures(Path(sys.argv[2]))
        case "batches":
            for name in ["tiny", "awkward"]:
                write_batch(Path(sys.argv[2]) / name)
        case "base":
            real_size(BASE, 8)
        case "so400m":
            real_size(SO400M, 2)
