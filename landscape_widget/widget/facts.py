"""Texts of the explorer's status lines, in words and as HTML."""

from __future__ import annotations

import html
from typing import Any

from landscape_widget.census import Census
from landscape_widget.directions.mixing import Axes
from landscape_widget.mining.miner import Miner
from landscape_widget.recipes import RECIPES, Prepared, Said
from landscape_widget.slices.curve import Curve
from landscape_widget.slices.surface import Surface
from landscape_widget.widget.ahead import Fetched
from landscape_widget.widget.settings import Settings

SEPARATOR = " · "


def facts(newest: Curve | Surface, axes: Axes) -> str:
    """What the caption leaves out: how the axes lie, and how points are evaluated."""
    return SEPARATOR.join([axes_text(axes), str(newest.provenance.get("plan", ""))])


def axes_text(axes: Axes) -> str:
    """Lengths of both axes, and the cosine between them."""
    first, second = axes.lengths
    cosine = round(axes.cosine, 3) + 0.0  # no -0.000
    return f"axes {first:.3g} and {second:.3g} long, cosine {cosine:.3f}"


def fetched_text(fetched: Fetched, *, has_pause: bool) -> str:
    """What is fetched ahead while the picture rests; empty where nothing is."""
    if not fetched.is_fetching:
        return ""
    points = f"{fetched.points} {'point' if fetched.points == 1 else 'points'}"
    return f"fetching ahead {'rests' if has_pause else '...'}, {points} so far"


def mining_text(settings: Settings, miner: Miner | None, *, is_mining: bool) -> str:
    """How far a run has come, and what was confirmed in the end; empty where nothing is mined."""
    if settings.mining_steps == 0 or miner is None:
        return ""
    reach = miner.snapshots[-1].step if miner.snapshots else 0
    if is_mining:
        done = f"{miner.steps_done} of {miner.target_steps} steps"
        predicted = f", predicted {miner.forecast}" if miner.steps_done else ""
        return f"Mining {with_article(miner.kind)}: {done}{predicted}; snapshots reach step {reach}."
    if not miner.is_done:
        return f"Mining left off; snapshots reach step {reach}. Press Mine to go on."
    report = miner.result().report
    headline, *_, run = report.text.splitlines()
    return "\n".join(line for line in (headline, report.reason, run) if line)


def recipe_text(
    name: str, said: Said | None, prepared: Prepared | None, surface: Surface | None, remark: str = ""
) -> str:
    """What a recipe is doing, or what it has come to and whether its surface shows what it must.

    Args:
        name: Of the recipe.
        said: How far it has come.
        prepared: What it has come to; None while it is being prepared.
        surface: That is shown; None where it is not whole, or another.
        remark: How the picture differs from what the recipe says.
    """
    wanted = RECIPES[name].kind
    if prepared is None:
        doing = f"{said.words}, {said.done} of {said.total}" if said else "begins"
        return f"Recipe {name}, which must show {with_article(wanted)}: {doing}."
    lines = [f"Recipe {name}: {prepared.text}", *([remark] if remark else [])]
    if prepared.mined is not None and not prepared.mined.succeeded:
        lines.append(f"What was mined is not confirmed on data not mined on. {prepared.mined.report.reason}")
    if surface is not None and surface.kind == wanted:
        lines.append(f"The surface shows {with_article(wanted)}, as it must. {surface.classification.reason}")
    elif surface is not None:
        found = "is unclear" if surface.kind == "unclear" else f"shows {with_article(surface.kind)}"
        lines.append(f"The surface must show {with_article(wanted)}, and {found}. {surface.classification.reason}")
    return "\n".join(lines)


def with_article(kind: str) -> str:
    """`a saddle`, `an n-valley`, `two-basins`."""
    if kind.endswith("basins"):
        return kind
    return f"{'an' if kind[0] in 'aeiou' or kind.startswith('n-') else 'a'} {kind}"


def census_table(census: Census | None, split: str, *, is_counting: bool) -> str:
    """Counts with their intervals as HTML; empty where nothing was counted."""
    if census is None:
        return ""
    count = len(census.curves)
    of = f" of {census.seeds}" if count < census.seeds else ""
    left_off = " (left off)" if of and not is_counting else ""
    low, high = census.curves[0].span if census.curves else (-1.0, 1.0)
    data = "" if split == "train" else f" on {split} data"
    title = f"Census: {count}{of} Gaussian directions{data}, alpha {low:.4g} to {high:.4g}{left_off}"
    rows = "".join(
        f'<span>{html.escape(kind)}</span><span class="lw-number">{share.count}</span>'
        f'<span class="lw-bar" style="--lw-share:{100 * share.share:.1f}%"></span>'
        f"<span>{html.escape(str(share))}</span>"
        for kind, share in census.kinds.items()
    )
    return f'<div class="lw-census" role="status">{html.escape(title)}<div class="lw-counts">{rows}</div></div>'


def error_text(error: BaseException) -> str:
    """What went wrong, in the words of the error; with its type where those say too little."""
    words = str(error).strip()
    is_ours = isinstance(error, (ValueError, TypeError, RuntimeError)) and len(words.split()) > 2
    return words if is_ours else f"{type(error).__name__}: {words}" if words else type(error).__name__


def paragraph(text: str, kind: str, **attributes: Any) -> str:
    """One line of HTML of the class `lw-<kind>`; empty for an empty text."""
    if not text:
        return ""
    more = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    return f'<div class="lw-{kind}"{more}>{html.escape(text)}</div>'
