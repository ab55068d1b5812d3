"""Makes the fixtures in the layout of OpenCLIP: random checkpoints, with what open_clip makes of them.

    python tests/reference/open_clip_fixtures.py fixtures tests/fixtures/open_clip
    python tests/reference/open_clip_fixtures.py crops > tests/fixtures/open_clip/crops.json   what its transform makes of pictures
    python tests/reference/open_clip_fixtures.py real MODEL FOLDER    one of a published size, such as PE-Core-B-16, with the
                                                                      tokenizer of CLIP; not to be committed

Needs open_clip_torch, timm, torch, transformers, tokenizers, sentencepiece, protobuf, safetensors, numpy and pillow.
"""

import copy
import gzip
import json
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.tokenizer import SimpleTokenizer, bytes_to_unicode, default_bpe, get_clean_fn
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors
from timm.layers import LayerNorm
from timm.models import register_model
from timm.models.eva import _create_eva
from timm.models.vision_transformer import _create_vision_transformer
from tokenizers import Tokenizer, models

from clip import END, START, train_bytes
from resize import fnv, noise, stark
from siglip import pictures
from siglip_texts import LINES
from siglip_tokenizer import train_tokenizer

__all__ = []


# Small image towers of the published kinds; the program knows their names in its tests alone.
@register_model
def vit_pe_core_test_patch8_32(pretrained=False, **kwargs):
    own = {"img_size": 32, "patch_size": 8, "embed_dim": 48, "depth": 2, "num_heads": 3, "mlp_ratio": 2.0}
    return pe_core("vit_pe_core_test_patch8_32", own | {"ref_feat_shape": (4, 4), "rope_grid_offset": 1.0}, kwargs)


@register_model
def vit_pe_core_test_patch10_47(pretrained=False, **kwargs):
    own = {"img_size": 47, "patch_size": 10, "embed_dim": 40, "depth": 1, "num_heads": 2, "mlp_ratio": 1.8}
    return pe_core("vit_pe_core_test_patch10_47", own | {"ref_feat_shape": (4, 4), "class_token": False}, kwargs)


def pe_core(name, own, kwargs):
    common = {
        "global_pool": "map",
        "attn_type": "rope",
        "use_pre_transformer_norm": True,
        "use_rot_pos_emb": True,
        "rope_grid_indexing": "xy",
        "attn_pool_num_heads": 8,
        "attn_pool_mlp_ratio": 4.0,
        "norm_layer": partial(LayerNorm, eps=1e-5),
    }
    return _create_eva(name, pretrained=False, **(common | own | kwargs))


@register_model
def vit_test_patch8_siglip_32(pretrained=False, **kwargs):
    own = {"img_size": 32, "patch_size": 8, "embed_dim": 48, "depth": 2, "num_heads": 3, "mlp_ratio": 2.0}
    common = {"class_token": False, "global_pool": "map"}
    return _create_vision_transformer("vit_test_patch8_siglip_32", pretrained=False, **(common | own | kwargs))


TEXT = {"context_length": 24, "width": 32, "heads": 2, "layers": 2}

PE = {
    "embed_dim": 24,
    "vision_cfg": {
        "image_size": 32,
        "timm_model_name": "vit_pe_core_test_patch8_32",
        "timm_model_pretrained": False,
        "timm_pool": "map",
        "timm_proj": None,
    },
    "text_cfg": TEXT,
    "custom_text": True,
}

# No class token, patches that do not divide the image, as many dimensions as the largest has heads.
PE_PATCHES = {
    "embed_dim": 36,
    "vision_cfg": PE["vision_cfg"] | {"image_size": 47, "timm_model_name": "vit_pe_core_test_patch10_47"},
    "text_cfg": TEXT | {"context_length": 32, "width": 36, "heads": 1, "layers": 1},
    "custom_text": True,
}

SIGLIP = {
    "embed_dim": 48,
    "init_logit_bias": -10,
    "custom_text": True,
    "vision_cfg": {
        "image_size": 32,
        "timm_model_name": "vit_test_patch8_siglip_32",
        "timm_model_pretrained": False,
        "timm_pool": "map",
        "timm_proj": "none",
    },
    "text_cfg": TEXT
    | {
        "hf_tokenizer_name": "timm/ViT-B-16-SigLIP",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
        "norm_kwargs": {"eps": 1e-6},
        "act_kwargs": {"approximate": "tanh"},
    },
}

# As OpenAI's and DFN's models are; the text tower is not an object of its own.
CLIP = {
    "embed_dim": 40,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 48, "head_width": 16, "mlp_ratio": 2.5, "patch_size": 8},
    "text_cfg": TEXT,
}

# As LAION's are, with a text tower of its own.
CLIP_CUSTOM = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 47, "layers": 1, "width": 32, "head_width": 32, "patch_size": 10},
    "text_cfg": TEXT | {"norm_kwargs": {"eps": 1e-4}, "act_kwargs": {"approximate": "tanh"}},
    "custom_text": True,
}

HALVES = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
OPENAI = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}


def build(config):
    config = copy.deepcopy(config)
    kind = open_clip.model.CustomTextCLIP if config.pop("custom_text", False) else open_clip.model.CLIP
    return kind(**config).eval()


def randomise(model, seed, logit_scale, logit_bias):
    """Weights large enough that every part of the model shows in its output."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        value = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        if parameter.dim() == 1 and name.endswith("weight"):
            value = 1.0 + 0.3 * value
        elif name.endswith("bias"):
            value = 0.2 * value
        elif "pos_embed" in name or "positional_embedding" in name:
            value = 0.5 * value
        elif not any(part in name for part in ("token_embedding", "cls_token", "class_embedding", "latent")):
            value = value * (1.2 / (parameter[0].numel() if parameter.dim() else 1) ** 0.5)
        parameter.data.copy_(value)
    model.logit_scale.data.fill_(logit_scale)
    if model.logit_bias is not None:
        model.logit_bias.data.fill_(logit_bias)


def byte_pairs(bpe):
    """The tokenizer of transformers with the merges of one of OpenCLIP."""
    with tempfile.TemporaryDirectory() as temporary:
        tokenizer = train_bytes(Path(temporary), 0)
    lines = gzip.open(bpe).read().decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1] if line]
    tokens = list(bytes_to_unicode().values())
    tokens = tokens + [token + "</w>" for token in tokens] + ["".join(pair) for pair in merges] + [START, END]
    old = json.loads(tokenizer.to_str())
    old["model"]["vocab"] = {token: number for number, token in enumerate(tokens)}
    old["model"]["merges"] = [list(pair) for pair in merges]
    for token in old["added_tokens"]:
        token["id"] = tokens.index(token["content"])
    old["post_processor"] = None
    return Tokenizer.from_str(json.dumps(old))


def small_byte_pairs(folder, count):
    """Merges of a small corpus, as OpenCLIP keeps them."""
    tokenizer = train_bytes(folder, count)
    path = folder / f"merges{count}.txt.gz"
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    with gzip.open(path, "wt") as file:
        file.write("version\n" + "\n".join(" ".join(pair) for pair in merges))
    return path


def write_checkpoint(folder, config, preparation, tokenizer, seed, logit_scale, logit_bias=None):
    folder.mkdir(parents=True, exist_ok=True)
    config = copy.deepcopy(config)
    config["text_cfg"].setdefault("vocab_size", tokenizer.get_vocab_size())
    model = build(config)
    randomise(model, seed, logit_scale, logit_bias)
    whole = {"model_cfg": config, "preprocess_cfg": preparation}
    (folder / "open_clip_config.json").write_text(json.dumps(whole, indent=2) + "\n")
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_tensors(state, folder / "open_clip_model.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"))
    return model


def simple_ids(bpe, texts, length):
    tokenizer = SimpleTokenizer(str(bpe), context_length=length)
    return tokenizer(texts), [len(tokenizer.encode(text)) + 2 for text in texts]


def siglip_ids(tokenizer, texts, length):
    """What HFTokenizer makes of texts with a tokenizer that ends and pads by `</s>`."""
    clean = get_clean_fn("canonicalize")
    rows = [tokenizer.encode(clean(text), add_special_tokens=False).ids + [1] for text in texts]
    ids = torch.tensor([(row if len(row) <= length else [*row[: length - 1], 1]) + [1] * (length - len(row)) for row in rows])
    return ids, [len(row) for row in rows]


@torch.no_grad()
def write_expected(folder, model, ids, full, texts, image_count, seed):
    """Embeddings in double precision, and the ids of every line."""
    whole = json.loads((folder / "open_clip_config.json").read_text())
    size, length = whole["model_cfg"]["vision_cfg"]["image_size"], ids.shape[1]
    images = pictures(size, image_count, seed)
    model = model.double()
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).double() / 255
    mean, std = (torch.tensor(whole["preprocess_cfg"][key]).double().view(1, 3, 1, 1) for key in ("mean", "std"))
    embedded = 12
    save_arrays(
        {
            "images": images,
            "image_embeds": model.encode_image((pixels - mean) / std).float().numpy(),
            "input_ids": ids.to(torch.int32).numpy(),
            "text_embeds": model.encode_text(ids[:embedded]).float().numpy(),
        },
        folder / "expected.safetensors",
    )
    lines = [{"text": text, "cut": tokens > length} for text, tokens in zip(texts, full, strict=True)]
    (folder / "texts.json").write_text(json.dumps(lines, ensure_ascii=True, indent=0) + "\n")


# Texts that OpenCLIP repairs.
REPAIRED = ["don\u2019t \u201cdive\u201d", "the &amp; ball", "\ufb01nal \ufb02ip", "ＡＢＣ dive", "a\u00a0jump\u2003now", "under_score it's"]


def fixtures(out):
    texts = LINES + REPAIRED
    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary)
        bpe = small_byte_pairs(temporary, 120)
        squash = HALVES | {"interpolation": "bilinear", "resize_mode": "squash"}
        shortest = OPENAI | {"interpolation": "bicubic", "resize_mode": "shortest"}
        for name, config, preparation, count, seed in [
            ("pe", PE, squash, 5, 41),
            ("pe-patches", PE_PATCHES, squash, 3, 42),
            ("clip", CLIP, shortest, 3, 43),
            ("clip-custom", CLIP_CUSTOM, OPENAI, 3, 44),
        ]:
            model = write_checkpoint(out / name, config, preparation, byte_pairs(bpe), seed, 4.6)
            ids, full = simple_ids(bpe, texts, config["text_cfg"]["context_length"])
            write_expected(out / name, model, ids, full, texts, count, seed + 10)
        tokenizer, _ = train_tokenizer(temporary / "siglip", 420, small_charsmap=True, own_rules=False)
        bicubic = HALVES | {"interpolation": "bicubic", "resize_mode": "squash"}
        model = write_checkpoint(out / "siglip", SIGLIP, bicubic, tokenizer, 45, 4.5, -12.0)
        ids, full = siglip_ids(tokenizer, texts, SIGLIP["text_cfg"]["context_length"])
        write_expected(out / "siglip", model, ids, full, texts, 3, 55)


def real_size(name, out):
    config = open_clip.get_model_config(name)
    squash = HALVES | {"interpolation": "bilinear", "resize_mode": "squash"}
    model = write_checkpoint(out, config, squash, byte_pairs(default_bpe()), 3, 4.6)
    ids, full = simple_ids(default_bpe(), LINES + REPAIRED, config["text_cfg"]["context_length"])
    write_expected(out, model, ids, full, LINES + REPAIRED, 4, 13)


# Width, height, side of the square.
CROPS = [
    (5, 3, 4), (3, 5, 4), (1, 9, 4), (9, 1, 4), (4, 7, 4), (7, 4, 4), (8, 5, 4), (13, 4, 4), (4, 11, 4), (6, 5, 4), (31, 33, 32),
    (64, 64, 32), (97, 41, 32), (128, 72, 47), (100, 47, 47), (47, 100, 47), (320, 240, 224), (360, 640, 224), (224, 500, 224),
    (501, 224, 224), (854, 480, 336), (1280, 720, 378), (160, 120, 384), (720, 1217, 224),
]  # fmt: skip


def crops():
    cases = []
    for width, height, size in CROPS:
        for name in ("bilinear", "bicubic"):
            for mode in ("shortest", "squash"):
                for picture in (noise, stark):
                    rgb = picture(3 * width * height, width * 10000 + height)
                    config = PreprocessCfg(size=size, mean=(0, 0, 0), std=(1, 1, 1), interpolation=name, resize_mode=mode)
                    image = Image.frombytes("RGB", (width, height), rgb)
                    pixels = image_transform_v2(config, is_train=False)(image)
                    out = (pixels * 255).round().permute(1, 2, 0).to(torch.uint8).numpy().tobytes()
                    case = {"picture": picture.__name__, "width": width, "height": height, "size": size}
                    case |= {"shortest": size} if mode == "shortest" else {}
                    cases.append(case | {"filter": name, "fnv": f"{fnv(out):016x}"})
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


if __name__ == "__main__":
    random.seed(0)
    match sys.argv[1]:
        case "fixtures":
            fixtures(Path(sys.argv[2]))
        case "crops":
            crops()
        case "real":
            real_size(sys.argv[2], Path(sys.argv[3]))
