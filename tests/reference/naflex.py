"""Makes the fixtures of SigLIP 2 of flexible resolution (NaFlex): a random checkpoint in the layout of the model hub, with what
the reference implementation makes of pictures of many proportions, padded and masked as it does.

    python tests/reference/naflex.py fixture tests/fixtures/siglip     after `siglip.py fixtures`, whose tokenizer it takes
    python tests/reference/naflex.py sizes > tests/fixtures/siglip/naflex_sizes.json
    python tests/reference/naflex.py base FOLDER                       a checkpoint of base size, not to be committed

Needs what `siglip.py` needs, and pillow 13 or later.
"""

import json
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import load_file as load_arrays, save_file as save_arrays
from safetensors.torch import save_file as save_tensors
from transformers import Siglip2Config, Siglip2Model
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil
from transformers.models.siglip2.image_processing_siglip2 import get_image_size_for_max_num_patches

from resize import fnv, noise
from siglip import randomise

# A square of five patches a side is known; pictures have up to 20 patches, so that positions grow and shrink.
SMALL = {
    "model_type": "siglip2",
    "text_config": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "model_type": "siglip2_text_model",
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "projection_size": 48,
        "vocab_size": 229,
    },
    "vision_config": {
        "hidden_size": 48,
        "intermediate_size": 64,
        "model_type": "siglip2_vision_model",
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "num_patches": 25,
        "patch_size": 4,
    },
}
# Width and height: wide, tall, square, extreme, one pixel, and one that stays as it is.
SMALL_PICTURES = [(40, 30), (90, 16), (16, 90), (33, 33), (300, 4), (3, 200), (1, 1), (20, 16), (30, 40)]

# As published, with the vocabulary of the small tokenizer.
BASE = {
    "model_type": "siglip2",
    "text_config": {"model_type": "siglip2_text_model", "vocab_size": 229},
    "vision_config": {"model_type": "siglip2_vision_model", "num_patches": 256, "patch_size": 16},
}
BASE_PICTURES = [(640, 360), (360, 640), (224, 224), (480, 360), (900, 100), (30, 1000), (1280, 720), (17, 11)]


def picture(width, height, rng):
    """A smooth colour field with some noise."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    x, y = x / max(width, height), y / max(width, height)
    a, b, c = rng.uniform(-6, 6, (3, 3))
    field = 0.5 + 0.35 * np.sin(a * x[..., None] + b * y[..., None] + c) + rng.normal(0, 0.08, (height, width, 3))
    return np.clip(field * 255, 0, 255).astype(np.uint8)


@torch.no_grad()
def write_checkpoint(folder, config, most, sizes, tiny, seed):
    folder.mkdir(parents=True, exist_ok=True)
    model = Siglip2Model(Siglip2Config(**config)).eval()
    randomise(model, seed, 2.1, -1.7)
    state = {name: value.contiguous() for name, value in model.state_dict().items() if "position_ids" not in name}
    save_tensors(state, folder / "model.safetensors", metadata={"format": "pt"})
    preprocessor = {
        "do_convert_rgb": None,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": "Siglip2ImageProcessor",
        "image_std": [0.5, 0.5, 0.5],
        "max_num_patches": most,
        "patch_size": config["vision_config"]["patch_size"],
        "processor_class": "Siglip2Processor",
        "resample": 2,
        "rescale_factor": 0.00392156862745098,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=2) + "\n")
    shutil.copy(tiny / "tokenizer.json", folder / "tokenizer.json")

    rng = np.random.default_rng(seed)
    pictures = [picture(width, height, rng) for width, height in sizes]
    processor = Siglip2ImageProcessorPil(**preprocessor)
    inputs = processor([Image.fromarray(pixels) for pixels in pictures], return_tensors="pt")
    model = model.double()
    embeds = model.vision_model(
        pixel_values=inputs["pixel_values"].double(),
        pixel_attention_mask=inputs["pixel_attention_mask"],
        spatial_shapes=inputs["spatial_shapes"],
    ).pooler_output
    ids = torch.from_numpy(load_arrays(tiny / "expected.safetensors")["input_ids"]).long()[:6]
    arrays = {f"picture_{number}": pixels for number, pixels in enumerate(pictures)}
    arrays["spatial_shapes"] = inputs["spatial_shapes"].int().numpy()
    arrays["image_embeds"] = embeds.float().numpy()
    arrays["text_embeds"] = model.text_model(ids).pooler_output.float().numpy()
    save_arrays(arrays, folder / "expected.safetensors")
    lines = json.loads((tiny / "texts.json").read_text())[: len(ids)]
    (folder / "texts.json").write_text(json.dumps([line["text"] for line in lines], indent=0) + "\n")


def prepared(width, height, side, most):
    """Hash of the bytes of the prepared image, out of the patches of the image processor."""
    rgb = noise(3 * width * height, width * 10000 + height)
    image = Image.frombytes("RGB", (width, height), rgb)
    out = Siglip2ImageProcessorPil()(image, patch_size=side, max_num_patches=most, return_tensors="np")
    rows, columns = out["spatial_shapes"][0]
    patches = out["pixel_values"][0, : rows * columns].reshape(rows, columns, side, side, 3)
    values = np.rint((patches * 0.5 + 0.5) * 255).astype(np.uint8)
    return fnv(values.transpose(0, 2, 1, 3, 4).tobytes())


def sizes():
    """Sizes of prepared images for many pictures, and the bytes of some."""
    random.seed(1)
    hashed = [(40, 30), (90, 16), (16, 90), (33, 33), (300, 4), (3, 200), (1, 1), (20, 16), (128, 72), (72, 128)]
    cases = []
    for width, height in hashed:
        for side, most in [(4, 20), (7, 1), (16, 64)]:
            cases.append((width, height, side, most, f"{prepared(width, height, side, most):016x}"))
    cases.append((640, 360, 16, 256, f"{prepared(640, 360, 16, 256):016x}"))
    usual = [(640, 360), (640, 480), (854, 480), (1280, 720), (1920, 1080), (3840, 2160), (500, 500), (7680, 4320)]
    for width, height in usual + [(height, width) for width, height in usual]:
        cases += [(width, height, 16, most, None) for most in (64, 256, 576, 1024)]
    for _ in range(150):
        width, height = (int(2 ** random.uniform(0, 12)) for _ in range(2))
        cases.append((width, height, random.choice([3, 14, 16, 32]), random.randint(1, 1200), None))
    rows = []
    for width, height, side, most, bytes_hash in cases:
        down, across = get_image_size_for_max_num_patches(height, width, side, most)
        rows.append(json.dumps([width, height, side, most, across, down, bytes_hash]))
    print("[\n" + ",\n".join(rows) + "\n]")


if __name__ == "__main__":
    match sys.argv[1]:
        case "fixture":
            out = Path(sys.argv[2])
            write_checkpoint(out / "naflex", SMALL, 20, SMALL_PICTURES, out / "tiny", 21)
        case "sizes":
            sizes()
        case "base":
            tiny = Path(__file__).parent.parent / "fixtures/siglip/tiny"
            write_checkpoint(Path(sys.argv[2]), BASE, 256, BASE_PICTURES, tiny, 22)
