"""A mined direction outlives its process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import landscape_widget as lw

ELSEWHERE = """
import json, sys
import landscape_widget as lw
landscape = lw.demo("early")
direction = landscape.directions.load(sys.argv[1])
curve = landscape.curve(direction, exact=True, points=5, progress=False)
facts = {"mined": curve.mined, "span": curve.span}
print(json.dumps({"losses": curve.losses.tolist(), "vector": direction.vector.tolist(), **facts}))
"""


def test_a_mined_direction_gives_the_same_curve_in_a_new_process(tmp_path: Path) -> None:
    landscape = lw.demo("early")
    direction = landscape.mine("w-peak", steps=3, progress=False).direction
    path = tmp_path / "peak.npz"
    direction.save(path)
    here = landscape.curve(direction, exact=True, points=5, progress=False)
    done = subprocess.run([sys.executable, "-c", ELSEWHERE, str(path)], capture_output=True, text=True, check=True)
    there = json.loads(done.stdout)
    assert there["vector"] == direction.vector.tolist()
    assert np.allclose(there["losses"], here.losses, rtol=1e-5, atol=1e-6)
    assert there["losses"] != [here.losses[2]] * 5
    assert (there["mined"], tuple(there["span"])) == (True, here.span)
