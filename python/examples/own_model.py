"""Align embeddings that another model made; here they are made up.

python own_model.py
"""

import numpy as np

import actalign

rng = np.random.default_rng(0)
steps = {"vault": rng.normal(size=(4, 64)), "cartwheel": rng.normal(size=(3, 64))}

# A clip that shows the steps of a vault, 20 frames each, with noise.
frames = np.repeat(steps["vault"], 20, axis=0) + 2 * rng.normal(size=(80, 64))

report = actalign.align(frames, steps, logit_scale=np.log(100), smoothing=5)
for member in report.ranked:
    print(f"{member.rank}. {member.name:10} {member.score:.3f}  frames per step: {member.frames_per_step}")

# The frame at which each step of the winner begins.
step, frame = report.best.path.T
print("steps begin at", [int(frame[step == number].min()) for number in np.unique(step)])
