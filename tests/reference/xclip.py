"""Makes the X-CLIP fixtures: random checkpoints in the layout of the model hub, with what the reference implementation makes of
clips and texts.

    python tests/reference/xclip.py fixtures tests/fixtures/xclip
    python tests/reference/xclip.py crops > tests/fixtures/xclip/crops.json    what its image processor makes of pictures
    python tests/reference/xclip.py base FOLDER     a checkpoint of the size of xclip-base-patch32, not to be committed
    python tests/reference/xclip.py large FOLDER    one of the size of xclip-large-patch14
    python tests/reference/xclip.py sizes           the parameters of the published configurations

Needs torch, transformers, tokenizers, safetensors, numpy and pillow (version 13 or later).
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file as save_arrays
from transformers import CLIPTokenizer, VideoMAEImageProcessorPil, XCLIPConfig, XCLIPModel

from clip import normalised, train_bytes, write_parts
from resize import fnv, noise, stark
from siglip import pictures, randomise

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}

# Towers, frames and embeddings of different widths. What is left out takes the defaults, as in the published files.
TINY = {
    "model_type": "xclip",
    "projection_dim": 24,
    "prompt_num_attention_heads": 2,
    "text_config": {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2},
    "vision_config": {
        "hidden_size": 48,
        "image_size": 32,
        "intermediate_size": 64,
        "mit_hidden_size": 24,
        "mit_intermediate_size": 40,
        "mit_num_attention_heads": 3,
        "num_attention_heads": 3,
        "num_frames": 4,
        "num_hidden_layers": 2,
        "patch_size": 8,
    },
}

# As older files are: towers a second time, which count. Patches that do not divide the image, an odd number of frames, two
# layers over the frames, one of prompts.
AWKWARD = {
    "model_type": "xclip",
    "projection_dim": 40,
    "prompt_hidden_act": "gelu",
    "prompt_layers": 1,
    "prompt_num_attention_heads": 4,
    "text_config": {"hidden_size": 8, "vocab_size": 9},
    "text_config_dict": {
        "hidden_act": "gelu",
        "hidden_size": 36,
        "intermediate_size": 80,
        "layer_norm_eps": 1e-3,
        "max_position_embeddings": 16,
        "num_attention_heads": 1,
        "num_hidden_layers": 2,
    },
    "vision_config": {},
    "vision_config_dict": {
        "hidden_act": "gelu",
        "hidden_size": 44,
        "image_size": 47,
        "intermediate_size": 60,
        "layer_norm_eps": 1e-4,
        "mit_hidden_size": 40,
        "mit_intermediate_size": 72,
        "mit_num_attention_heads": 5,
        "mit_num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_frames": 3,
        "num_hidden_layers": 2,
        "patch_size": 10,
    },
}

LARGE_TEXT = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
LARGE_VISION = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "mit_hidden_size": 768,
    "mit_intermediate_size": 3072,
    "num_attention_heads": 16,
    "num_hidden_layers": 24,
    "patch_size": 14,
}


def published(vision, text=None, dim=512):
    return {"model_type": "xclip", "projection_dim": dim, "text_config": text or {}, "vision_config": vision}


BASE = published({})
LARGE = published(LARGE_VISION, LARGE_TEXT, 768)
SIZES = {
    "xclip-base-patch32": BASE,
    "xclip-base-patch32-16-frames": published({"num_frames": 16}),
    "xclip-base-patch16": published({"patch_size": 16}),
    "xclip-base-patch16-zero-shot": published({"patch_size": 16, "num_frames": 32}),
    "xclip-large-patch14": LARGE,
    "xclip-large-patch14-16-frames": published(LARGE_VISION | {"image_size": 336, "num_frames": 16}, LARGE_TEXT, 768),
}

NAMES = [
    "eating spaghetti",
    "playing sports",
    "go shopping",
    "Overhead Kick",
    "a back-heel pass to the left, and then a shot from far outside of the box that the keeper cannot hold",
    "pommel horse: travel",
]


def write_checkpoint(folder, config, preparation, tokenizer, seed, logit_scale):
    folder.mkdir(parents=True, exist_ok=True)
    text = config.get("text_config_dict") or config["text_config"]
    text.setdefault("vocab_size", tokenizer.get_vocab_size())
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    model = XCLIPModel(XCLIPConfig.from_pretrained(folder)).eval()
    randomise(model, seed, logit_scale, None)
    # Large enough for the clip to show in the texts.
    alpha = model.prompts_generator.alpha
    alpha.data.copy_(torch.linspace(-0.8, 0.8, alpha.numel()))
    usual = {
        "feature_extractor_type": "VideoMAEFeatureExtractor",
        "image_processor_type": "VideoMAEImageProcessor",
        "processor_class": "XCLIPProcessor",
        "resample": 2,
    }
    write_parts(folder, model, usual, preparation, tokenizer)
    return model


@torch.no_grad()
def write_expected(folder, model, clips, seed):
    """Embeddings of clips and of texts in the light of each, and logits, in double precision."""
    length = model.config.text_config.max_position_embeddings
    tokenizer = CLIPTokenizer.from_pretrained(folder, model_max_length=length)
    # As in the examples of transformers: padded to the longest.
    inputs = tokenizer(NAMES, padding=True, truncation=True, return_tensors="pt")
    size, frames = model.config.vision_config.image_size, model.config.vision_config.num_frames
    images = pictures(size, clips * frames, seed)
    model = model.double()
    pixels = normalised(folder, images).view(clips, frames, 3, size, size)
    made = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], pixel_values=pixels)
    save_arrays(
        {
            "images": images,
            "video_embeds": made.video_embeds.float().numpy(),
            "text_embeds": made.text_embeds.float().flatten(0, 1).contiguous().numpy(),
            "logits_per_video": made.logits_per_video.float().numpy(),
        },
        folder / "expected.safetensors",
    )
    (folder / "texts.json").write_text(json.dumps(NAMES, indent=0) + "\n")
    return made


def fixtures(out):
    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary)
        model = write_checkpoint(out / "tiny", TINY, IMAGENET, train_bytes(temporary, 120), 41, 4.6)
        write_expected(out / "tiny", model, 3, 51)
        preparation = IMAGENET | {"resample": 3, "size": 53, "crop_size": 47}
        model = write_checkpoint(out / "awkward", AWKWARD, preparation, train_bytes(temporary, 40), 42, 3.0)
        write_expected(out / "awkward", model, 2, 52)


def real_size(config, clips):
    out = Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        config["text_config"]["vocab_size"] = 49408
        model = write_checkpoint(out, config, IMAGENET, train_bytes(Path(temporary), 2000), 3, 4.6)
        made = write_expected(out, model, clips, 13)
        print(made.logits_per_video)


# Width, height, shorter side, side of the square.
CROPS = [
    (5, 3, 4, 4),
    (3, 5, 4, 4),
    (1, 9, 4, 4),
    (7, 4, 4, 4),
    (6, 5, 5, 4),
    (97, 41, 32, 32),
    (41, 97, 53, 47),
    (320, 240, 224, 224),
    (360, 640, 224, 224),
    (640, 361, 256, 224),
    (224, 500, 224, 224),
    (854, 480, 336, 336),
    (1921, 1080, 224, 224),
    (160, 120, 336, 336),
]


def crops():
    cases = []
    for width, height, shortest, size in CROPS:
        for picture in (noise, stark):
            rgb = picture(3 * width * height, width * 10000 + height)
            processor = VideoMAEImageProcessorPil(
                size={"shortest_edge": shortest},
                crop_size={"height": size, "width": size},
                do_rescale=False,
                do_normalize=False,
            )
            image = Image.frombytes("RGB", (width, height), rgb)
            out = np.asarray(processor([image], return_tensors="np")["pixel_values"][0][0])
            out = out.transpose(1, 2, 0).astype(np.uint8).tobytes()
            case = {"picture": picture.__name__, "width": width, "height": height, "shortest": shortest, "size": size}
            cases.append(case | {"filter": "bilinear", "fnv": f"{fnv(out):016x}"})
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


def sizes():
    for name, config in SIZES.items():
        with torch.device("meta"):
            model = XCLIPModel(XCLIPConfig(**config))
        print(name, sum(parameter.numel() for parameter in model.parameters()))


if __name__ == "__main__":
    match sys.argv[1]:
        case "fixtures":
            fixtures(Path(sys.argv[2]))
        case "crops":
            crops()
        case "base":
            real_size(BASE, 2)
        case "large":
            real_size(LARGE, 1)
        case "sizes":
            sizes()
