"""Where everything stands: rows of controls, the views, the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from landscape_widget.widget.board import Board

# JupyterLab's own variables, so that light and dark themes are followed; plain colours elsewhere.
STYLE = """<style>
.lw-explorer { max-width: 1180px; }
.lw-explorer .widget-inline-hbox { width: auto; margin: 1px 2px; min-width: 0; }
.lw-explorer .widget-inline-hbox .widget-label { flex: none; }
.lw-explorer .widget-readout { min-width: 36px; }
.lw-explorer .lw-row { align-items: center; overflow: visible; gap: 2px 10px; }
.lw-explorer .widget-checkbox label { white-space: nowrap; }
.lw-explorer .widget-checkbox { height: 28px; align-items: center; }
.lw-explorer .widget-checkbox label { display: flex; align-items: center; }
.lw-explorer .lw-state, .lw-explorer .lw-facts, .lw-explorer .lw-mining, .lw-explorer .lw-changed,
.lw-explorer .lw-alert { font: 12px/1.4 var(--jp-ui-font-family, sans-serif); overflow-wrap: anywhere; }
.lw-explorer .lw-state { color: var(--jp-ui-font-color1, #202020); font-variant-numeric: tabular-nums; }
.lw-explorer .lw-facts { color: var(--jp-ui-font-color2, #616161); font-size: 11px; }
.lw-explorer .lw-mining { color: var(--jp-ui-font-color1, #202020); white-space: pre-line;
  border-left: 3px solid var(--jp-brand-color1, #1976d2); padding: 1px 8px; }
.lw-explorer .lw-census { color: var(--jp-ui-font-color1, #202020); font: 12px/1.4 var(--jp-ui-font-family, sans-serif);
  border-left: 3px solid var(--jp-brand-color1, #1976d2); padding: 1px 8px; }
.lw-explorer .lw-counts { display: grid; grid-template-columns: max-content max-content minmax(30px, 100px) auto;
  gap: 0 10px; align-items: center; justify-content: start; font-variant-numeric: tabular-nums; }
.lw-explorer .lw-counts .lw-number { text-align: right; }
.lw-explorer .lw-counts > * { margin: 0; padding: 0; line-height: 17px; }
.lw-explorer .lw-bar { height: 8px; border-radius: 2px; background: linear-gradient(90deg,
  var(--jp-brand-color1, #1976d2) var(--lw-share),
  color-mix(in srgb, var(--jp-ui-font-color1, #202020) 12%, transparent) 0); }
.lw-explorer .lw-bend { color: var(--jp-ui-font-color1, #202020); font: 12px/1.4 var(--jp-ui-font-family, sans-serif);
  border-left: 3px solid var(--jp-brand-color1, #1976d2); padding: 1px 8px; font-variant-numeric: tabular-nums; }
.lw-explorer .lw-bend-grid { display: grid; grid-template-columns: max-content max-content 1fr; gap: 0 12px; }
.lw-explorer .lw-bend-grid > :nth-child(-n+3) { color: var(--jp-ui-font-color2, #616161); font-size: 11px; }
.lw-explorer .lw-bend-plot { display: block; width: 100%; max-width: 440px; margin: 4px 0; }
.lw-explorer .lw-bend-plot text { fill: var(--jp-ui-font-color2, #616161); font-size: 10px; }
.lw-explorer .lw-bars { fill: var(--jp-brand-color1, #1976d2); fill-opacity: 0.35; }
.lw-explorer .lw-law { fill: none; stroke: var(--jp-brand-color1, #1976d2); stroke-width: 1.5; }
.lw-explorer .lw-base { stroke: var(--jp-ui-font-color2, #616161); stroke-width: 1; }
.lw-explorer .lw-mark { stroke: var(--jp-warn-color1, #f57c00); stroke-width: 1.5; stroke-dasharray: 4 3; }
.lw-explorer .lw-beyond { fill: var(--jp-warn-color1, #f57c00); }
.lw-explorer .lw-changed { color: var(--jp-ui-font-color1, #202020);
  border-left: 3px solid var(--jp-warn-color1, #f57c00); padding: 4px 8px; }
.lw-explorer .lw-alert { color: var(--jp-ui-font-color1, #202020); white-space: pre-line;
  background: color-mix(in srgb, var(--jp-error-color1, #d32f2f) 12%, transparent);
  border-left: 3px solid var(--jp-error-color1, #d32f2f); padding: 6px 10px; }
</style>"""

# (name, share of the row), one tuple a row; buttons and boxes take the room they need.
ROWS: tuple[tuple[tuple[str, float], ...], ...] = (
    (("a", 1), ("b", 1), ("c", 1), ("seed", 1.2)),
    (("mixing", 1.2), ("scale", 1.2), ("resolution", 1), ("tolerance", 1)),
    (("kind", 0.9), ("radius", 1), ("mining_steps", 1.4), ("mine", 0)),
    (("recipe", 0.9), ("path", 1.6), ("save", 0), ("load", 0), ("census", 0), ("curvature", 0)),
    (
        *(("normalize", 1.5), ("split", 1.1), ("batchnorm", 1.7), ("surface_view", 1.4)),
        *(("lock_axes", 0), ("log_height", 0)),
    ),
)
SHORT = {
    **{"a": 14, "b": 14, "c": 14, "seed": 36, "split": 34, "surface_view": 58},
    **{"kind": 58, "radius": 50, "normalize": 68, "batchnorm": 74, "recipe": 58, "path": 50},
}
DESCRIPTION_PIXELS = 84  # "Mining steps" needs that
LEAST_WIDTH = "100px"
# So much do their longest words, or a slider that can be held, need: sooner they go into the next row.
LEAST_WIDTHS = {
    **{"normalize": "174px", "batchnorm": "206px", "surface_view": "162px", "kind": "168px", "recipe": "190px"},
    **{"mixing": "190px", "scale": "190px", "resolution": "190px", "tolerance": "190px"},
    **{"radius": "160px", "mining_steps": "210px", "seed": "140px"},
}
LEAST_SURFACE = "min-content"  # ipyvolume's figure with its colour bar is as wide as it is


def arranged(controls: Mapping[str, Any], board: Board, views: Mapping[str, Any], history: Any) -> list[Any]:
    """The children of the explorer, top to bottom.

    Args:
        controls: By name.
        board: The texts.
        views: `"curve"`, `"map"`, `"surface"` -> what is displayed; those that are not wanted are missing.
        history: The plot of mining.
    """
    for name, widget in controls.items():
        _fit(name, widget)
    rows = [_row([controls[name] for name, _ in row], [share for _, share in row]) for row in ROWS]
    changed = _row([board.changed, controls["recenter"]], [0, 0])
    board.bar.layout.width, board.bar.layout.height, board.bar.layout.margin = "110px", "12px", "0"
    texts = [_row([board.bar, board.state, controls["cancel"]], [0, 1, 0]), board.caption, board.facts]
    style = widgets.HTML(STYLE, layout={"display": "none"})
    mined = _mined([board.mining, board.recipe, board.census, board.bend, board.notice], history)
    return [style, *rows, mined, changed, board.error, _panels(views, texts)]


def _fit(name: str, widget: Any) -> None:
    if hasattr(widget.style, "description_width"):
        widget.style.description_width = f"{SHORT.get(name, DESCRIPTION_PIXELS)}px"
    if isinstance(widget, widgets.Button):
        widget.layout.width = "82px"
    if name in LEAST_WIDTHS:
        widget.layout.min_width = LEAST_WIDTHS[name]


def _row(children: Sequence[Any], shares: Sequence[float]) -> Any:
    for child, share in zip(children, shares, strict=True):
        child.layout.flex = f"{share:g} 1 0%" if share else "0 0 auto"
        child.layout.min_width = (child.layout.min_width or LEAST_WIDTH) if share else "0"
        child.layout.width = "auto" if share else child.layout.width
    row = widgets.HBox(list(children), layout=widgets.Layout(flex_flow="row wrap", width="100%"))
    row.add_class("lw-row")
    return row


def _mined(texts: Sequence[Any], history: Any) -> Any:
    """What was mined, in words, and beside it the plot; below them where there is no room."""
    words = widgets.VBox(list(texts), layout=widgets.Layout(flex="1 1 280px", min_width="280px"))
    history.layout.flex, history.layout.min_width, history.layout.display = "1.3 1 340px", "280px", "none"
    layout = widgets.Layout(flex_flow="row wrap", width="100%", align_items="flex-start", overflow="visible")
    return widgets.HBox([words, history], layout=layout)


def _panels(views: Mapping[str, Any], texts: Sequence[Any]) -> Any:
    """Curve above map; beside them the surface and the texts, which go below where there is no surface."""
    flat = [views[name] for name in ("curve", "map") if name in views]
    left = widgets.VBox(flat, layout=widgets.Layout(flex="1 1 280px", min_width="280px", overflow="hidden"))
    if "surface" not in views:
        return widgets.VBox([left, *texts], layout=widgets.Layout(width="100%", overflow="visible"))
    wide = widgets.Layout(flex="1.3 1 400px", min_width=LEAST_SURFACE, max_width="100%", overflow="visible")
    right = widgets.VBox([views["surface"], *texts], layout=wide)
    layout = widgets.Layout(flex_flow="row wrap", width="100%", align_items="flex-start", overflow="visible")
    return widgets.HBox([*([left] if flat else []), right], layout=layout)
