"""A small tokenizer of SigLIP 2's kind (Gemma's), and the ids that its reference makes.

    python tests/reference/siglip2_tokenizer.py tests/fixtures/siglip/gemma

Needs tokenizers, sentencepiece and protobuf.
"""

import json
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from siglip_texts import LINES
from siglip_tokenizer import corpus

LENGTH = 64

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
tokenizer.normalizer = normalizers.Replace(" ", "▁")
tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
with tempfile.TemporaryDirectory() as temporary:
    text = Path(temporary) / "corpus.txt"
    corpus(text)
    lines = text.read_text().splitlines()
    # Gemma's files keep their own start and end; these must not show.
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=special, show_progress=False, max_token_length=12)
    tokenizer.train_from_iterator((word for line in lines for word in line.replace(" ", " ▁").split()), trainer)
tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A <eos>", special_tokens=[("<bos>", 2), ("<eos>", 1)])
tokenizer.save(str(out / "tokenizer.json"))

tokenizer.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), tokenizer.normalizer])
tokenizer.enable_truncation(LENGTH)
tokenizer.enable_padding(length=LENGTH, pad_id=0, pad_token="<pad>")
expected = [{"text": line, "ids": tokenizer.encode(line).ids} for line in LINES]
(out / "expected.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in expected) + "\n]\n")
