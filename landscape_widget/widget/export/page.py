"""The page: one file of HTML with all that it needs, which asks nothing of the network and of no kernel."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from landscape_widget.widget.export.data import page_data, script_json
from landscape_widget.widget.export.exhibit import Exhibit

_PARTS = resources.files("landscape_widget") / "static"
_NAMES = {"curve": "Curve", "map": "Map", "surface": "Surface"}
_LIMITS = "A slice shows one or two directions out of millions."
# No request can leave the page: not even one that a later change of its script would make.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

# Browsers of before 2023 cannot unpack the page's script, and say so.
_UNPACK = """
const at = (id) => document.getElementById(id);
const packed = Uint8Array.from(atob(at("page-code").textContent), (letter) => letter.charCodeAt(0));
new Promise((done) => done(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))))
  .then((stream) => new Response(stream).text())
  .then((code) => document.body.append(Object.assign(document.createElement("script"), { textContent: code })))
  .catch((error) => Object.assign(at("page-fault"), {
    hidden: false,
    textContent: `The pictures cannot be drawn in this browser: ${error.message}.`,
  }));
"""


def page(exhibit: Exhibit, title: str = "") -> str:
    """The whole page.

    Args:
        exhibit: What it shows.
        title: Its heading; empty: what the picture is of.
    """
    heading = escape(title or exhibit.title)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="landscape_widget {escape(_version(exhibit))}">
<title>{heading}</title>
<style>{_part("page.css")}</style>
</head>
<body>
<main>
<h1>{heading}</h1>
<noscript><p class="fault">The pictures need JavaScript, which is off here. {escape(_losses(exhibit))}</p></noscript>
<p id="page-fault" class="fault" role="alert" hidden></p>
<form id="page-controls" aria-label="What is drawn" autocomplete="off"></form>
<p id="page-now"></p>
{_views(exhibit)}
<p class="caption"><b>As exported:</b> {escape(exhibit.caption)}</p>
{_reasons(exhibit)}
{_mined(exhibit)}
<details open><summary>Python that makes this picture</summary>
<pre tabindex="0"><code>{escape(exhibit.code)}</code></pre></details>
<details><summary>Provenance</summary>
{_table(exhibit.provenance)}</details>
<footer>Made by landscape_widget {escape(_version(exhibit))}. {_LIMITS}</footer>
</main>
<script type="application/json" id="page-provenance">{script_json(exhibit.provenance)}</script>
<script type="application/json" id="page-data">{script_json(page_data(exhibit))}</script>
<script type="text/plain" id="page-code">{_packed("page.js")}</script>
<script>{_UNPACK}</script>
</body>
</html>
"""


@cache
def _part(name: str) -> str:
    text = (_PARTS / name).read_text(encoding="utf-8").strip()
    assert "</" not in text
    return text


@cache
def _packed(name: str) -> str:
    """In base64 of gzip: half as long."""
    return b64encode(gzip.compress((_PARTS / name).read_bytes(), mtime=0)).decode()


def _version(exhibit: Exhibit) -> str:
    versions = exhibit.main.provenance.get("versions")
    return str(versions.get("landscape_widget", "")) if isinstance(versions, Mapping) else ""


def _losses(exhibit: Exhibit) -> str:
    return exhibit.summary().replace("\n", " ")


def _views(exhibit: Exhibit) -> str:
    """Curve above map, and the surface beside them."""
    has = {"curve": exhibit.curve, "map": exhibit.surface, "surface": exhibit.surface}
    wanted = [name for name in _NAMES if name in exhibit.views and has[name] is not None]
    columns = [[name for name in wanted if name != "surface"], [name for name in wanted if name == "surface"]]
    filled = ["".join(map(_view, column)) for column in columns if column]
    history = _view("history", "Progress of mining") if exhibit.history else ""
    return f'<div class="views">{"".join(f"<div>{views}</div>" for views in filled)}</div>\n{history}'


def _view(name: str, words: str = "") -> str:
    return f'<section data-page-view="{name}" aria-label="{words or _NAMES[name]}"></section>'


def _reasons(exhibit: Exhibit) -> str:
    """Why it is of those kinds."""
    reasons = [
        f"<b>{escape(kind)}:</b> {escape(exhibit.slices[name].classification.reason)}"
        for name, kind in exhibit.kinds.items()
    ]
    return f'<p class="caption">{" ".join(reasons)}</p>' if reasons else ""


def _mined(exhibit: Exhibit) -> str:
    told = "A direction here was mined: it is constructed, not typical."
    return f'<p class="caption">{told}</p>' if exhibit.main.mined else ""


def _table(value: Any) -> str:
    """Nested tables of names and values."""
    if isinstance(value, Mapping):
        rows = "".join(f"<tr><th>{escape(str(name))}</th><td>{_table(item)}</td></tr>" for name, item in value.items())
        return f"<table>{rows}</table>"
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        return "".join(map(_table, value))
    return escape("" if value is None else str(value))
