"""The same surface in four libraries: a cell that shows it, and `update(k)`, which shows another one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

COMMON = """
import time, threading
import ipywidgets, numpy as np
N = {points}
grid = np.linspace(-3, 3, N)

def heights(k):
    return (np.sin((1 + 0.05 * k) * grid)[None, :] * np.cos(grid)[:, None] * 0.8).astype(np.float32)

def timed(k):
    start = time.time()
    update(k)
    return 1000 * start

def burst(count):
    for k in range(1, count + 1):
        update(k)
    return 1000 * time.time()
"""
OURS = """
from landscape_widget.widget.webgl_view import WebglSurface
view = WebglSurface(400)
view.widget.width = 500
seq = 0

def update(k):
    global seq
    seq += 1
    view.show(grid, grid, heights(k), limits=(-0.8, 0.8), seq=seq)

update(0)
shown = view.widget
"""
IPYVOLUME = """
import ipyvolume as ipv, matplotlib
colors, (X, Z) = matplotlib.colormaps["viridis"], np.meshgrid(grid, grid)
figure = ipv.figure(width=500, height=400)
figure.animation = 1  # 0 can lose the mesh
mesh = ipv.plot_mesh(X, heights(0), Z, wireframe=False, color=colors((heights(0) + 0.8) / 1.6)[..., :3])
ipv.ylim(-1.5, 1.5)

def update(k):
    y = heights(k)
    with mesh.hold_sync():
        mesh.y, mesh.color = y.ravel(), colors((y + 0.8) / 1.6).reshape(-1, 4)[:, :3]

shown = figure
"""
PLOTLY = """
import plotly.graph_objects as go
shown = go.FigureWidget(go.Surface(z=heights(0)), layout=dict(width=500, height=400, scene_zaxis_range=[-1, 1]))

def update(k):
    shown.data[0].z = heights(k)
"""
K3D = """
import k3d
shown = k3d.plot(height=400, camera_auto_fit=True)
table = k3d.matplotlib_color_maps.Viridis
surface = k3d.surface(heights(0), xmin=-3, xmax=3, ymin=-3, ymax=3, attribute=heights(0), color_map=table)
shown += surface
shown.layout.width = "500px"

def update(k):
    surface.heights = heights(k)
"""
LIBRARIES = {"ours": OURS, "ipyvolume": IPYVOLUME, "plotly": PLOTLY, "k3d": K3D}
IMPORTS = {
    "ours": "import landscape_widget.widget.webgl_view",
    "ipyvolume": "import ipyvolume, matplotlib",
    "plotly": "import plotly.graph_objects",
    "k3d": "import k3d",
}
SHOW = """
slider = ipywidgets.FloatSlider(0, min=0, max=60, step=0.1)
wanted, is_live = threading.Event(), True

def work():
    while wanted.wait():
        wanted.clear()
        if is_live:
            update(slider.value)

threading.Thread(target=work, daemon=True).start()
slider.observe(lambda _: wanted.set(), "value")
ipywidgets.VBox([slider, shown])
"""

# What is loaded for a surface, below the environment's folder.
EXTENSIONS = "share/jupyter/labextensions"
BUNDLES = {
    "ours": ["{landscape_widget}/static/widget.js"],
    "ipyvolume": [
        f"{EXTENSIONS}/{name}/static" for name in ("ipyvolume", "jupyter-threejs", "jupyter-vuetify", "bqplot")
    ],
    "plotly": ["{plotly}/package_data/widgetbundle.js"],
    "k3d": ["{k3d}/static/widget.mjs"],
}


def cells(library: str, points: int) -> list[str]:
    """What is defined, and the cell that shows it."""
    return [COMMON.replace("{points}", str(points)) + LIBRARIES[library], SHOW]


def bundle_bytes(library: str, prefix: Path) -> int:
    """Bytes of JavaScript of a library, as they lie on the disk below `prefix` or in its package."""
    total = 0
    for name in BUNDLES[library]:
        place = prefix / name
        if name.startswith("{"):
            package, rest = name[1:].split("}/")
            place = Path(str(find_spec(package).origin)).parent / rest
        files = place.rglob("*.js") if place.is_dir() else [place]
        total += sum(file.stat().st_size for file in files)
    return total
