"""What other tools read in the annotations that the program writes, and an .eaf that pympi writes.

    python tests/reference/annotation.py

Needs pympi-ling 1.71, webvtt-py 0.6 and fiftyone 1.22. Reads tests/fixtures/annotation/example.{eaf,vtt} and
fiftyone.json, which a test compares with what the program writes; writes pympi.eaf and read-by-tools.json beside them.
"""

import json
from pathlib import Path

import pympi
import webvtt
from fiftyone.core.metadata import VideoMetadata
from fiftyone.utils.data.parsers import FiftyOneTemporalDetectionSampleParser

FOLDER = Path(__file__).parents[1] / "fixtures" / "annotation"


# All that FiftyOne needs to turn times into frames.
METADATA = VideoMetadata(total_frame_count=1500, duration=60.0, frame_rate=25.0)


def elan():
    document = pympi.Elan.Eaf(FOLDER / "example.eaf")
    return {
        tier: {
            "parent": document.tiers[tier][2].get("PARENT_REF"),
            "annotations": sorted(
                [start, end, text] for start, end, text in document.get_annotation_data_for_tier(tier)
            ),
        }
        for tier in document.get_tier_names()
    }


def chapters():
    cues = webvtt.read(str(FOLDER / "example.vtt"))
    return [[cue.start, cue.end, cue.text] for cue in cues]


def detections():
    labels = json.loads((FOLDER / "fiftyone.json").read_text())
    parser = FiftyOneTemporalDetectionSampleParser(classes=labels["classes"])
    found = {}
    for video, detections in labels["labels"].items():
        parser.with_sample((video, detections), metadata=METADATA)
        found[video] = [
            [detection.label, list(detection.support), detection.confidence]
            for detection in parser.get_label().detections
        ]
    return found


def written_by_pympi():
    document = pympi.Elan.Eaf(author="pympi")
    document.add_linked_file("game.mp4", mimetype="video/mp4")
    document.remove_tier("default")
    document.add_linguistic_type("inside", constraints="Included_In")
    document.add_tier("actions")
    document.add_tier("parts", ling="inside", parent="actions")
    for start, end, text in [(1000, 4500, "serve & volley"), (9000, 12250, "lob")]:
        document.add_annotation("actions", start, end, text)
    for start, end, text in [(1000, 2000, "toss"), (2000, 4500, "hit"), (9000, 9500, "run")]:
        document.add_annotation("parts", start, end, text)
    document.add_tier("unlabelled smash")
    document.add_annotation("unlabelled smash", 20000, 21000, "")
    path = FOLDER / "pympi.eaf"
    path.unlink(missing_ok=True)
    document.to_file(path)


written_by_pympi()
read = {"elan": elan(), "vtt": chapters(), "fiftyone": detections()}
(FOLDER / "read-by-tools.json").write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n")
