"""Our views in marimo; started by test_marimo.py."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import numpy as np

    from landscape_widget.widget.frames import curve_frame, map_frame
    from landscape_widget.widget.views import CurveView, MapView, SurfaceView

    alphas, betas = np.linspace(-0.5, 1.5, 9), np.linspace(-0.25, 0.75, 6)
    depth = mo.ui.slider(1, 3, label="depth")
    curve, flat, surface = (mo.ui.anywidget(kind(width=330, height=200)) for kind in (CurveView, MapView, SurfaceView))
    mo.vstack([depth, curve, flat, surface])
    return alphas, betas, curve, curve_frame, depth, flat, map_frame, surface


@app.cell
def _(alphas, betas, curve, curve_frame, depth, flat, map_frame, surface):
    losses = 0.5 + depth.value * (alphas - 0.25) ** 2
    plane = losses + 3 * betas[:, None] ** 2
    curve.frame = curve_frame(seq=depth.value, alphas=alphas, losses=losses, loss_limits=(0, 4))
    flat.frame = surface.frame = map_frame(
        seq=depth.value, alphas=alphas, betas=betas, losses=plane, loss_limits=(0, 4)
    )
    return


if __name__ == "__main__":
    app.run()
