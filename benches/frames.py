"""Frames per second from a file to pictures ready for a model, on one core: this program beside PyAV with Pillow, and torchcodec
with Pillow, in turns.

    cargo build --release --example prepare_frames
    python benches/frames.py CLIP… [--side 384] [--rounds 3]

Every frame is decoded and resized to a square, bicubic, as Pillow does it. Needs av, pillow, and for its column torchcodec.
"""

import argparse
import os
import statistics
import subprocess
import time
from pathlib import Path

import av
from PIL import Image

try:
    from torchcodec.decoders import VideoDecoder
except (ImportError, RuntimeError):
    VideoDecoder = None

PROGRAM = Path(__file__).resolve().parent.parent / "target/release/examples/prepare_frames"


def timed(frames):
    start = time.perf_counter()
    count = sum(1 for _ in frames)
    return count / (time.perf_counter() - start)


def with_pyav(clip, side):
    """Frames per second decoded, and prepared."""

    def frames(side):
        with av.open(clip) as container:
            stream = container.streams.video[0]
            stream.thread_count = 1
            for frame in container.decode(stream):
                picture = frame.to_image()
                yield picture.resize((side, side), Image.Resampling.BICUBIC) if side else picture

    return timed(frames(None)), timed(frames(side))


def with_torchcodec(clip, side):
    def frames(side):
        for frame in VideoDecoder(clip, num_ffmpeg_threads=1, dimension_order="NHWC"):
            pixels = frame.numpy()
            yield Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC) if side else pixels

    return timed(frames(None)), timed(frames(side))


def with_program(clip, side):
    environment = os.environ | {"RAYON_NUM_THREADS": "1"}
    command = ["taskset", "-c", "0", PROGRAM, clip, str(side)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return tuple(float(line.split()[1]) for line in done.stdout.splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--side", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    # All on the core that the program is bound to.
    os.sched_setaffinity(0, {0})
    ways = {"this program": with_program, "PyAV + Pillow": with_pyav}
    if VideoDecoder:
        ways["torchcodec + Pillow"] = with_torchcodec
    for clip in args.clips:
        rates = {name: [] for name in ways}
        for _ in range(args.rounds):
            for name, way in ways.items():
                rates[name].append(way(clip, args.side))
        print(Path(clip).name)
        for name, found in rates.items():
            decoded, prepared = (statistics.median(rate) for rate in zip(*found))
            print(f"  {name:20} decoded {decoded:7.1f}/s   prepared {prepared:7.1f}/s")


if __name__ == "__main__":
    main()
