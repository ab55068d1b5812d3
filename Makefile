# `make run` and `make test` are the whole set-up on a fresh Debian or Ubuntu machine with Rust.
#
#   make run ARGS="clip.mp4 --scripts scripts.json --model DIR"

export PATH := $(PATH):$(HOME)/.cargo/bin
# GPU support is built only where there is a GPU to use it (it takes most of an hour on two cores).
FEATURES ?= $(shell tools/gpu-features.sh)
ARGS ?=

.PHONY: run test lint bench build setup

run: build
	@target/release/actalign-tui $(ARGS)

build: setup
	cargo build --release --locked $(FEATURES)

test: setup
	cargo test --release --locked $(FEATURES)

lint: setup
	cargo fmt --check
	cargo clippy --release --locked --all-targets $(FEATURES) -- -D warnings
	cargo check --release --locked --features wgpu

bench: setup
	cargo bench --locked $(FEATURES)

setup:
	@tools/system-deps.sh
