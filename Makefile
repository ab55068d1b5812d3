# `make run` and `make test` are the whole set-up on a fresh Debian or Ubuntu machine with Rust.
#
#   make run ARGS="clip.mp4 --scripts scripts.json --model DIR"

export PATH := $(PATH):$(HOME)/.cargo/bin
# GPU support is built only where there is a GPU to use it (it takes most of an hour on two cores).
FEATURES ?= $(shell tools/gpu-features.sh)
ARGS ?=
export FUZZ_SECONDS ?= 30
# What `--version` says. Another commit compiles src/main.rs alone.
export ACTALIGN_COMMIT ?= $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null)

.PHONY: run world test test-python lint fuzz bench build setup demo-model demo-clips benchmark
.PHONY: reference recorded-session dist tarball wheel deb container reproduce

run: build
	@target/release/actalign-tui $(ARGS)

build: setup
	cargo build --release --locked $(FEATURES)

# The program, and the renderer and trainer of its demo.
world: setup
	cargo build --workspace --release --locked $(FEATURES)

test: setup
	cargo test --workspace --release --locked $(FEATURES)

# The Python module, with the built program. Needs pytest, NumPy and, for its tables, pandas.
test-python: build
	PYTHONPATH=python python3 -m pytest

lint: setup
	cargo fmt --all --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --workspace --release --locked --all-targets $(FEATURES) -- -D warnings
	cargo check --workspace --release --locked --features wgpu

# Every parser on made-up inputs, FUZZ_SECONDS each: see fuzz/README.md.
fuzz: setup
	fuzz/run.sh

# Everything in docs/performance.md that needs no other program. The towers need a checkpoint: with
# ACTALIGN_TEST_CHECKPOINT=FOLDER their speed and memory are measured too.
bench: world
	cargo bench --workspace --locked $(FEATURES)
	target/release/actalign-world render --seed 431 --clips 80 --out target/early-winner
	cargo build --workspace --release --locked $(FEATURES) --examples
	target/release/examples/early_winner target/early-winner/manifest.jsonl

setup:
	@tools/system-deps.sh

# A model of the demo world: 41 minutes on two cores that do nothing else. World, captions and weights follow from
# the seed.
demo-model: world
	target/release/actalign-world train --seed 1 --out target/demo-model

# The bundled clips: four of each difficulty, with the scripts of all their classes.
demo-clips: world
	rm -rf assets/demo/clips target/demo-video
	target/release/actalign-world render --seed 14 --clips 4 --out assets/demo
	target/release/actalign-world render --seed 21 --clips 4 --difficulty video --out target/demo-video
	cp target/demo-video/clips/* assets/demo/clips/
	cp target/demo-video/scripts*.json assets/demo/
	cat target/demo-video/manifest.jsonl >> assets/demo/manifest.jsonl
	rm assets/demo/boxes.json

# The tables of docs/benchmark.md: clips of a seed that nothing else uses.
benchmark: world
	target/release/actalign-world render --seed 2026 --clips 1200 --difficulty video --out target/benchmark/video
	target/release/actalign-world render --seed 2026 --clips 320 --out target/benchmark/easy
	for clips in video easy; do \
		target/release/actalign-tui eval target/benchmark/$$clips/manifest.jsonl --model demo \
			--aligners windows,segment,mean-path,drop,drop:background=p98:cell=logit --smoothing 0 \
			--out target/benchmark/$$clips/results || exit 1; \
	done
	for words in quarter-other half-other other; do \
		target/release/actalign-tui eval target/benchmark/easy/manifest.jsonl --model demo \
			--scripts target/benchmark/easy/scripts-$$words-words.json \
			--out target/benchmark/easy/results-$$words-words || exit 1; \
	done

# docs/reference: what the program says of its commands, keys and configuration.
reference: build
	target/release/actalign-tui man --markdown docs/reference

# The session at the top of README.md, and the screens of the tutorial. Needs tmux and Python.
recorded-session: build
	tools/record-session.sh target/release/actalign-tui

# Packages: see packaging/README.md.
dist: tarball wheel deb

tarball wheel deb container reproduce:
	packaging/$@.sh
