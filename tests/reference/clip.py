"""Makes the CLIP fixtures: random checkpoints in the layout of the model hub, with what the reference implementation makes of
them.

    python tests/reference/clip.py fixtures tests/fixtures/clip
    python tests/reference/clip.py crops > tests/fixtures/clip/crops.json    what its image processor makes of pictures
    python tests/reference/clip.py base FOLDER     a checkpoint of the size of ViT-B/32, not to be committed
    python tests/reference/clip.py large FOLDER    one of the size of ViT-L/14

Needs torch, transformers, tokenizers, sentencepiece, protobuf, safetensors, numpy and pillow (version 13 or later).
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTokenizer,
    MetaClip2Config,
    MetaClip2Model,
    XLMRobertaTokenizer,
)

from resize import fnv, noise, stark
from siglip import pictures, randomise
from siglip_texts import LINES
from siglip_tokenizer import corpus

START, END = "<|startoftext|>", "<|endoftext|>"
OPENAI = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
HALVES = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}

# Towers and embeddings of three widths. What is left out takes the defaults, as in the published files.
QUICK = {
    "model_type": "clip",
    "projection_dim": 24,
    "text_config": {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2},
    "vision_config": {
        "hidden_size": 48,
        "image_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 3,
        "num_hidden_layers": 2,
        "patch_size": 8,
    },
}

# As older files are: towers a second time, which count, and an end token that is not the tokenizer's. Patches that do not
# divide the image, 16 positions.
LEGACY = {
    "model_type": "clip",
    "projection_dim": 40,
    "text_config": {"eos_token_id": 2, "hidden_size": 8, "vocab_size": 9},
    "text_config_dict": {
        "eos_token_id": 2,
        "hidden_act": "gelu",
        "hidden_size": 36,
        "intermediate_size": 80,
        "layer_norm_eps": 1e-4,
        "max_position_embeddings": 16,
        "num_attention_heads": 1,
        "num_hidden_layers": 2,
    },
    "vision_config": {},
    "vision_config_dict": {
        "hidden_act": "gelu",
        "hidden_size": 44,
        "image_size": 47,
        "intermediate_size": 96,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "patch_size": 10,
    },
}

METACLIP_2 = {
    "model_type": "metaclip_2",
    "projection_dim": 32,
    "text_config": {
        "eos_token_id": 2,
        "hidden_size": 32,
        "intermediate_size": 48,
        "max_position_embeddings": 24,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
    },
    "vision_config": {
        "hidden_size": 32,
        "image_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "patch_size": 16,
    },
}

BASE = {"model_type": "clip", "text_config": {"vocab_size": 49408}, "vision_config": {}}
LARGE = {
    "model_type": "clip",
    "projection_dim": 768,
    "text_config": {
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_attention_heads": 12,
        "num_hidden_layers": 12,
        "vocab_size": 49408,
    },
    "vision_config": {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_attention_heads": 16,
        "num_hidden_layers": 24,
        "patch_size": 14,
    },
}


def train_bytes(folder, merges):
    """Byte pairs with CLIP's rules and its order of ids: bytes, bytes that end words, merges, start, end."""
    corpus(folder / "bytes.txt")
    tokenizer = Tokenizer(models.BPE(unk_token=END, end_of_word_suffix="</w>", continuing_subword_prefix="", fuse_unk=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(words), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=2 * len(alphabet) + merges,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train([str(folder / "bytes.txt")], trainer)
    pairs = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    tokens = alphabet + [byte + "</w>" for byte in alphabet] + [a + b for a, b in pairs] + [START, END]
    tokens = list(dict.fromkeys(tokens))
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer.model = models.BPE(
        vocab=vocabulary,
        merges=pairs,
        unk_token=END,
        end_of_word_suffix="</w>",
        continuing_subword_prefix="",
        fuse_unk=False,
    )
    tokenizer.add_special_tokens([START, END])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, vocabulary[END]), (START, vocabulary[START]), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def train_pieces(folder, pieces):
    """A sentencepiece model in the layout of XLM-V's file."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    from siglip_tokenizer import small_rules

    corpus(folder / "pieces.txt")
    small_rules(folder / "rules.tsv")
    sentencepiece.SentencePieceTrainer.train(
        input=folder / "pieces.txt",
        model_prefix=folder / "pieces",
        model_type="unigram",
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        num_threads=1,
        minloglevel=2,
        normalization_rule_tsv=folder / "rules.tsv",
    )
    proto = sentencepiece_model_pb2.ModelProto.FromString((folder / "pieces.model").read_bytes())
    special = [(token, 0.0) for token in ("<s>", "<pad>", "</s>", "<unk>")]
    learned = [(p.piece, p.score) for p in proto.pieces if p.piece not in ("<s>", "</s>", "<unk>")]
    tokenizer = Tokenizer(models.Unigram([*special, *learned, ("<mask>", 0.0)], unk_id=3))
    tokenizer.normalizer = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def write_checkpoint(folder, config, preparation, tokenizer, seed, logit_scale):
    folder.mkdir(parents=True, exist_ok=True)
    text = config.get("text_config_dict") or config["text_config"]
    text.setdefault("vocab_size", tokenizer.get_vocab_size())
    text.setdefault("eos_token_id", tokenizer.token_to_id(END))
    kind, configuration = (
        (CLIPModel, CLIPConfig) if config["model_type"] == "clip" else (MetaClip2Model, MetaClip2Config)
    )
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    model = kind(configuration.from_pretrained(folder)).eval()
    randomise(model, seed, logit_scale, None)
    usual = {"do_convert_rgb": True, "image_processor_type": "CLIPImageProcessor", "resample": 3}
    write_parts(folder, model, usual, preparation, tokenizer)
    return model


def write_parts(folder, model, usual, preparation, tokenizer):
    """All files of a checkpoint but its configuration: `usual` and `preparation` are settings of how pictures are prepared."""
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    # Older files hold such indices.
    state["text_model.embeddings.position_ids"] = torch.arange(model.config.text_config.max_position_embeddings)[None]
    save_tensors(state, folder / "model.safetensors", metadata={"format": "pt"})
    size = model.config.vision_config.image_size
    usual |= {
        "crop_size": {"height": size, "width": size},
        "do_center_crop": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "rescale_factor": 0.00392156862745098,
        "size": {"shortest_edge": size},
    }
    preparation = dict(sorted(usual.items())) | preparation
    (folder / "preprocessor_config.json").write_text(json.dumps(preparation, indent=2) + "\n")
    tokenizer.save(str(folder / "tokenizer.json"))


def normalised(folder, images):
    """Pictures as a model of the folder takes them, in double precision."""
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).double() * settings["rescale_factor"]
    mean, std = (torch.tensor(settings[key]).double().view(1, 3, 1, 1) for key in ("image_mean", "image_std"))
    return (pixels - mean) / std


@torch.no_grad()
def write_expected(folder, model, texts, image_count, seed):
    """Embeddings in double precision, and the ids of every line."""
    length = model.config.text_config.max_position_embeddings
    kind = CLIPTokenizer if model.config.model_type == "clip" else XLMRobertaTokenizer
    reference = kind.from_pretrained(folder, model_max_length=length)
    ids = reference(texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt")["input_ids"]
    full = [len(reference(text)["input_ids"]) for text in texts]
    size = model.config.vision_config.image_size
    images = pictures(size, image_count, seed)
    model = model.double()
    embedded = 12
    save_arrays(
        {
            "images": images,
            "image_embeds": model.get_image_features(normalised(folder, images)).pooler_output.float().numpy(),
            "input_ids": ids.to(torch.int32).numpy(),
            "text_embeds": model.get_text_features(ids[:embedded]).pooler_output.float().numpy(),
        },
        folder / "expected.safetensors",
    )
    lines = [{"text": text, "cut": tokens > length} for text, tokens in zip(texts, full, strict=True)]
    (folder / "texts.json").write_text(json.dumps(lines, ensure_ascii=True, indent=0) + "\n")


# Marks in the text itself, which are tokens of their own.
MARKS = ["the <|endoftext|> ball", "<|startoftext|>", "</s> the <s> ball", "don't we'll they're 's"]


def fixtures(out):
    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary)
        tokenizer = train_bytes(temporary, 120)
        model = write_checkpoint(out / "quick", QUICK, OPENAI, tokenizer, 21, 4.6)
        write_expected(out / "quick", model, LINES + MARKS, 5, 31)
        wide = HALVES | {"resample": 2, "size": 53, "crop_size": 47}
        model = write_checkpoint(out / "legacy", LEGACY, wide, train_bytes(temporary, 40), 22, 3.0)
        write_expected(out / "legacy", model, LINES + MARKS, 3, 32)
        model = write_checkpoint(out / "metaclip2", METACLIP_2, OPENAI, train_pieces(temporary, 400), 23, 4.2)
        write_expected(out / "metaclip2", model, LINES + MARKS, 3, 33)


def real_size(config, image_count):
    out = Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        tokenizer = train_bytes(Path(temporary), 2000)
        model = write_checkpoint(out, config, OPENAI, tokenizer, 3, 4.6)
        write_expected(out, model, LINES + MARKS, image_count, 13)


# Width, height, shorter side, side of the square.
CROPS = [
    (5, 3, 4, 4),
    (3, 5, 4, 4),
    (1, 1, 3, 3),
    (1, 9, 4, 4),
    (9, 1, 4, 4),
    (4, 7, 4, 4),
    (7, 4, 4, 4),
    (7, 7, 5, 4),
    (4, 4, 4, 3),
    (6, 5, 5, 4),
    (31, 33, 32, 32),
    (64, 64, 32, 32),
    (97, 41, 32, 32),
    (41, 97, 53, 47),
    (128, 72, 47, 47),
    (100, 47, 47, 47),
    (47, 100, 47, 46),
    (320, 240, 224, 224),
    (360, 640, 224, 224),
    (640, 360, 224, 224),
    (224, 500, 224, 224),
    (501, 224, 224, 224),
    (854, 480, 336, 336),
    (1280, 720, 378, 378),
    (1920, 1080, 256, 224),
    (1999, 11, 64, 64),
    (11, 1999, 64, 64),
    (160, 120, 384, 384),
    (20, 29, 12, 12),
    (720, 1217, 224, 224),
    (1080, 1920, 256, 224),
]


def crops():
    cases = []
    for width, height, shortest, size in CROPS:
        for name, resample in {"bilinear": 2, "bicubic": 3}.items():
            for picture in (noise, stark):
                rgb = picture(3 * width * height, width * 10000 + height)
                processor = CLIPImageProcessorPil(
                    size={"shortest_edge": shortest},
                    crop_size={"height": size, "width": size},
                    resample=resample,
                    do_rescale=False,
                    do_normalize=False,
                )
                image = Image.frombytes("RGB", (width, height), rgb)
                out = np.asarray(processor(image, return_tensors="np")["pixel_values"][0])
                out = out.transpose(1, 2, 0).astype(np.uint8).tobytes()
                case = {"picture": picture.__name__, "width": width, "height": height, "shortest": shortest, "size": size}
                case |= {"filter": name, "fnv": f"{fnv(out):016x}"}
                if size < 5:
                    case["rgb"] = list(out)
                cases.append(case)
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


if __name__ == "__main__":
    match sys.argv[1]:
        case "fixtures":
            fixtures(Path(sys.argv[2]))
        case "crops":
            crops()
        case "base":
            real_size(BASE, 8)
        case "large":
            real_size(LARGE, 2)
