"""The colour bar and the text of an ipyvolume figure, which has neither: HTML in the page's own colours."""

from __future__ import annotations

import html

from .heights import ANCHORS, HeightMap, ticks

_STYLE = """<style>
.lw-bar { display: flex; gap: 5px; margin: 24px 8px 8px 2px;
  font: 11px/1 var(--jp-ui-font-family, sans-serif); color: var(--jp-ui-font-color1, #202020); }
.lw-bar-colors { width: 12px; border: 1px solid var(--jp-border-color1, #999); box-sizing: border-box; }
.lw-bar-ticks { position: relative; width: 44px; }
.lw-bar-ticks span { position: absolute; left: 0; transform: translateY(-50%); white-space: nowrap; }
.lw-bar-ticks span::before { content: "–"; margin-right: 3px; opacity: 0.6; }
.lw-bar-name { position: absolute; top: -22px; left: -17px; white-space: nowrap; }
.lw-surface-text { font: 12px/1.4 var(--jp-ui-font-family, sans-serif);
  color: var(--jp-ui-font-color2, #555); }
</style>"""


def color_bar(heights: HeightMap, *, pixels: int) -> str:
    """A vertical bar, `pixels` high, from the lowest to the highest loss of the axis."""
    low, high = heights.limits
    marks = ticks(low, high, is_log=heights.is_log)
    texts = "".join(_mark((value - low) / (high - low), text) for value, text in marks)
    name = "loss (log)" if heights.is_log else "loss"
    return (
        f'{_STYLE}<div class="lw-bar" style="height:{pixels}px">'
        f'<div class="lw-bar-colors" style="background:linear-gradient(to top,{_stops()})"></div>'
        f'<div class="lw-bar-ticks"><div class="lw-bar-name">{name}</div>{texts}</div></div>'
    )


def text_line(*parts: str) -> str:
    """What is drawn, and what was done to it; empty parts are left out."""
    text = " · ".join(part for part in parts if part)
    return f'<div class="lw-surface-text">{html.escape(text)}</div>'


def _mark(fraction: float, text: str) -> str:
    return f'<span style="top:{100 * (1 - fraction):.2f}%">{html.escape(text)}</span>'


def _stops() -> str:
    return ",".join(ANCHORS)
