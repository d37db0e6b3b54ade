"""The page: one file of HTML beside its pictures, which needs no scripts and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from landscape_widget.gallery.hanging import Hung

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
article { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 1.5rem; padding: 1.5rem 0;
  border-top: 1px solid; }
@media (max-width: 50rem) { article { grid-template-columns: minmax(0, 1fr); } }
img { width: 100%; height: auto; background: white; border-radius: 4px; }
pre { padding: .6rem; border: 1px solid; border-radius: 4px; font-size: .8rem; white-space: pre-wrap; }
small { opacity: .8; }
.kind { border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-size: 1rem; }
.failed { color: light-dark(#b91c1c, #fca5a5); }
"""
_INTRODUCTION = """
<p>Every kind of curve and surface that this program tells apart, on its demo network: 14 458 weights, trained on 8 x 8
pictures of handwritten digits. Each picture says how it was computed, and the Python below it makes it again.</p>
<p>The names of the curves, from v-basin to vvv-basin, and the claim that combinations of such directions give saddles
and the bottom of a wine bottle are those of <a href="https://arxiv.org/abs/2405.12493">arXiv 2405.12493</a>. How kinds
are told apart, how directions are mined, and which directions a recipe combines is this program's own design.
What is <em>mined</em> is constructed, not typical.</p>
"""


def page(sections: Mapping[str, Sequence[Hung]], version: str) -> str:
    """The whole page; sections by title."""
    body = "".join(_section(title, hung) for title, hung in sections.items() if hung)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Gallery of loss landscapes</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Gallery of loss landscapes</h1>\n{_INTRODUCTION}{body}"
        f"<p><small>landscape_widget {escape(version)}</small></p>\n</body>\n</html>\n"
    )


def _section(title: str, hung: Sequence[Hung]) -> str:
    return f"<h2>{escape(title)}</h2>\n" + "".join(map(_article, hung))


def _article(hung: Hung) -> str:
    exhibit, shown = hung.exhibit, hung.shown
    name = exhibit.name.removeprefix("recipe-").replace("-", " ")
    failed = f'<p class="failed">This should be a {escape(exhibit.kind)}.</p>\n' if not hung.succeeded else ""
    evidence = f"<details open><summary>Evidence</summary><pre>{escape(hung.evidence)}</pre></details>\n"
    return (
        f'<article id="{escape(exhibit.name)}">\n<div>\n'
        f'<img src="{escape(hung.picture)}" alt="{escape(_alt(hung))}">\n'
        f"<p><small>{escape(shown.caption)}</small></p>\n</div>\n<div>\n"
        f'<h3>{escape(name)} <span class="kind">{escape(shown.kind)}</span></h3>\n{failed}'
        f"<p>{escape(exhibit.words)}</p>\n<p>{escape(shown.classification.reason)}</p>\n"
        f"{evidence if hung.evidence else ''}<pre><code>{escape(exhibit.python)}</code></pre>\n</div>\n</article>\n"
    )


def _alt(hung: Hung) -> str:
    return f"{type(hung.shown).__name__} of kind {hung.shown.kind}: {hung.exhibit.words}"
