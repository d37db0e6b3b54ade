"""Tables for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Cells as they are shown; the first row of a text is the columns' names, notes stand below."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"rows must be of {len(self.columns)} cells, got {row!r}.")

    def text(self) -> str:
        """In columns, the first to the left and the others to the right."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        drawn = ["  ".join(_placed(line[i], widths[i], i) for i in range(len(line))).rstrip() for line in lines]
        return "\n".join([self.title, "-" * len(self.title), *drawn, *self.notes])

    def markdown(self) -> str:
        """As GitHub draws it."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = [_line(self.columns), _line(rule), *map(_line, self.rows)]
        notes = [f"{note}\n" for note in self.notes]
        return "\n".join([f"**{self.title}**", "", *lines, "", *notes]).rstrip()


def _placed(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def seconds(value: float) -> str:
    """Three digits, in s or ms."""
    return f"{value:.3g} s" if value >= 1 else f"{1000 * value:.3g} ms"


def megabytes(value: int | None) -> str:
    """In MB; a dash where unknown."""
    return "-" if value is None else f"{value / 1e6:.0f}"


def percent(value: float) -> str:
    """Two digits, more for small ones."""
    return f"{100 * value:.2g} %"


def count(value: float) -> str:
    """Whole, with spaces between thousands; two digits where less than ten."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}".replace(",", " ")
