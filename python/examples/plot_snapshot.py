"""Plot the matrices of a snapshot with their paths. Needs matplotlib.

python plot_snapshot.py clip.actalign-1.json figure.png
"""

import sys

import matplotlib.pyplot as plt

import actalign

file, out = sys.argv[1:]
snapshot = actalign.load_snapshot(file)
best_two = snapshot.report.ranked[:2]

figure, axes = plt.subplots(len(best_two), squeeze=False, sharex=True, layout="constrained")
for axis, member in zip(axes[:, 0], best_two, strict=True):
    candidate = snapshot.candidates[member.index]
    axis.imshow(candidate.cells, aspect="auto", interpolation="nearest")
    axis.plot(member.path[:, 1], member.path[:, 0], color="white")
    axis.set_yticks(range(len(candidate.steps)), candidate.steps)
    axis.set_title(f"{member.rank}. {member.name}, score {member.score:.3f}")
axes[-1, 0].set_xlabel("frame")
figure.savefig(out)
