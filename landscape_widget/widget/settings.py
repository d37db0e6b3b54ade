"""What the explorer's controls say, as one plain value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from landscape_widget._checks import as_choice, as_int, as_number, complaint
from landscape_widget.mining.objectives import GOALS

NOISES = ("gaussian", "uniform", "rademacher", "sign_aligned")
SYMMETRIES = ("permutation", "sign_flip", "rescaling")
NONE = "none"  # no third source: the plane of A and B, turned as a whole; no recipe
KINDS = tuple(GOALS)  # a target is drawn in Python
NUM_VALLEYS = 5  # of an n-valley
MOST_MINING_STEPS = 1000
LEAST_RESOLUTION, MOST_RESOLUTION = 5, 41
LEAST_TOLERANCE, MOST_TOLERANCE = 1e-4, 1.0
MOST_SEED = 999
NO_BATCHNORM = "none"


@dataclass(frozen=True)
class Settings:
    """The values of the controls, named like them.

    Attributes:
        mixing: Degrees.
        scale: h of the span (-h, h).
        mining_steps: 0: nothing is mined, the sources are shown as they are.
        recipe: `"none"`, or the surface whose directions are A and C.
        tolerance: The error allowed at a point, in units of `max(scale, L - L_min)`.
    """

    a: str = "gaussian"
    b: str = "gaussian"
    c: str = "gaussian"
    mixing: float = 0.0
    scale: float = 1.0
    seed: int = 0
    normalize: str = "filter"
    kind: str = "vvv-basin"
    radius: float = GOALS["vvv-basin"].radius
    mining_steps: int = 0
    resolution: int = 21
    tolerance: float = 0.01
    split: str = "train"
    batchnorm: str = NO_BATCHNORM
    surface_view: str = "webgl"
    lock_axes: bool = False
    log_height: bool = False
    recipe: str = NONE

    def as_dict(self) -> dict[str, Any]:
        """Name -> plain value, as `x.state` gives it."""
        return asdict(self)


NAMES = tuple(field.name for field in fields(Settings))


def merged(settings: Settings, changes: Mapping[str, Any], choices: Mapping[str, tuple[str, ...]]) -> Settings:
    """`settings` with some values changed, each of them checked.

    Args:
        settings: What holds where nothing is changed.
        changes: Name -> new value.
        choices: Name -> the words that its menu offers.

    Raises:
        TypeError: If `changes` is no mapping, or a value is of a wrong kind.
        ValueError: If a name is unknown, or a value cannot be had; the text names it.
    """
    if not isinstance(changes, Mapping):
        raise TypeError(complaint("state", "a dict such as x.state", changes))
    unknown = [name for name in changes if name not in NAMES]
    if unknown:
        raise ValueError(complaint("state", "of these names: " + ", ".join(NAMES), unknown[0]))
    checked = {name: _checked(name, value, choices) for name, value in changes.items()}
    return Settings(**{**settings.as_dict(), **checked})


def _checked(name: str, value: object, choices: Mapping[str, tuple[str, ...]]) -> object:
    if name in choices:
        return as_choice(name, value, choices[name])
    if name in _INTEGERS:
        low, high = _INTEGERS[name]
        return as_int(name, value, low=low, high=high)
    if name in ("lock_axes", "log_height"):
        return _as_bool(name, value)
    if name == "mixing":
        return as_mixing(value)
    return as_tolerance(value) if name == "tolerance" else as_number(name, value, above=0)


_INTEGERS = {
    "seed": (0, MOST_SEED),
    "mining_steps": (0, MOST_MINING_STEPS),
    "resolution": (LEAST_RESOLUTION, MOST_RESOLUTION),
}


def _as_bool(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(complaint(name, "True or False", value))
    return value


def as_tolerance(value: object) -> float:
    """The error allowed, as a share."""
    share = as_number("tolerance", value)
    if not LEAST_TOLERANCE <= share <= MOST_TOLERANCE:
        rule = f"a share from {LEAST_TOLERANCE:g} to {MOST_TOLERANCE:g}"
        raise ValueError(complaint("tolerance", rule, value, "0.01 is one percent."))
    return share


def as_mixing(value: object) -> float:
    """An angle in degrees from -90 to 90."""
    degrees = as_number("mixing", value)
    if not -90 <= degrees <= 90:
        raise ValueError(complaint("mixing", "an angle from -90 to 90 degrees", value))
    return degrees
