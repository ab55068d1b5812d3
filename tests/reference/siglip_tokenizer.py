"""A small sentencepiece model like SigLIP's, and the tokenizer.json made of it."""

import random
import string

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SUBJECTS = "athlete player goalkeeper gymnast diver skater climber surfer boxer swimmer pitcher runner rider".split()
VERBS = "jumps runs lifts throws catches kicks turns swings lands rolls bends grips spins pulls pushes blocks".split()
OBJECTS = "ball bar net rope board racket stick ring mat ramp wave wall goal line hoop pole net glove".split()
PLACES = "in basketball,in tennis,on the ice,over the bar,under water,towards the goal,with both hands,on one foot,behind the back".split(
    ","
)
EXTRA = """café naïve jalapeño übung straße garçon smörgås piñata 10 metres 3 turns 360 degrees ollie kickflip axel lutz
toe loop salchow tuck pike layout handstand vault serve smash lob volley forehand backhand dribble crossover layup dunk
rebound jab hook uppercut quick explosive exit zone balance squat snatch clean jerk chalk harness carabiner foothold
goggles freestyle butterfly breaststroke judo karate fencing parry lunge riposte archery quiver bowstring rowing oar
2 4 5 6 7 8 9 σίσυφος οδυσσεύς юность i̇stanbul""".split()


def corpus(path):
    rng = random.Random(5)
    with path.open("w") as file:
        for _ in range(6000):
            line = f"this is a video of doing {rng.choice(VERBS)} {rng.choice(PLACES)} with "
            line += f"the {rng.choice(SUBJECTS)} {rng.choice(VERBS)} the {rng.choice(OBJECTS)} {rng.choice(PLACES)} "
            line += " ".join(rng.sample(EXTRA, 6))
            file.write(line + "\n")


def small_rules(path):
    """A handful of compatibility rules in place of all of NFKC, whose table would be larger than the model."""
    rules = {"2581": "20", "A0": "20", "3000": "20", "200B": "20", "FB01": "66 69", "2026": "2E 2E 2E", "65 301": "E9"}
    rules |= {f"{0xFEE0 + code:X}": f"{code:X}" for code in range(0x21, 0x7F)}
    path.write_text("".join(f"{source}\t{target}\n" for source, target in rules.items()))


def train_tokenizer(folder, pieces, small_charsmap, own_rules):
    """Returns the tokenizer and the path of the sentencepiece model. `own_rules` puts SigLIP's text rules
    into the file, as some published ones have it."""
    folder.mkdir()
    corpus(folder / "corpus.txt")
    small_rules(folder / "rules.tsv")
    rules = {"normalization_rule_tsv": folder / "rules.tsv"} if small_charsmap else {"normalization_rule_name": "nmt_nfkc"}
    sentencepiece.SentencePieceTrainer.train(
        input=folder / "corpus.txt",
        model_prefix=folder / "spiece",
        model_type="unigram",
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        num_threads=1,
        minloglevel=2,
        **rules,
    )
    spiece = folder / "spiece.model"
    proto = sentencepiece_model_pb2.ModelProto.FromString(spiece.read_bytes())
    tokenizer = Tokenizer(models.Unigram([(p.piece, p.score) for p in proto.pieces], unk_id=2))
    steps = []
    if own_rules:
        punctuation = "".join("\\" + c for c in string.punctuation)
        steps += [
            normalizers.Lowercase(),
            normalizers.Replace(Regex(f"[{punctuation}]"), ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    steps += [
        normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
        normalizers.Strip(left=False, right=True),
        normalizers.Replace(Regex(" {2,}"), "▁"),
    ]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return tokenizer, spiece
