"""What is known of the present scene, given to the browser, so that its pictures follow the sliders by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from landscape_widget.mining.result import Snapshot
from landscape_widget.slices.curve import Curve
from landscape_widget.widget.frames import ASKED
from landscape_widget.widget.known_frames import KnownPart, Turn, known_frame
from landscape_widget.widget.outlet import Outlet
from landscape_widget.widget.reading import Source
from landscape_widget.widget.scene import Scene
from landscape_widget.widget.settings import NO_BATCHNORM, Settings
from landscape_widget.widget.snapshot_frames import snapshots_frame
from landscape_widget.widget.views import KnownPlane, reference
from landscape_widget.widget.volumes import Basis

# Controls that tell what it is that the pictures show; `ASKED` tell which part of it, the others how it is drawn.
SOURCES = ("a", "b", "c", "seed", "normalize", "kind", "radius", "mining_steps", "split", "batchnorm", "recipe")
OF_MINING = ("kind", "radius")  # these say nothing while nothing is mined
DRAWING = ("lock_axes", "log_height")
MOST_PARTS = 3  # of one kind: a wide one, a fine one, and one on the way


Shared = tuple[Source, Turn | bool]
Run = tuple[dict[int, Curve], dict[str, float]]  # step -> curve, and what the controls must say for them


class Sharing:
    """Sends what is known, once; only the worker calls it.

    Args:
        plane: Holds it in the browser.
        controls: Name -> widget.
        rise: Above the lowest loss, beyond which a loss axis is cut.

    Attributes:
        outlet: Of snapshots, which come often while they are mined.
    """

    def __init__(self, plane: KnownPlane, controls: Mapping[str, Any], rise: float) -> None:
        self._plane, self._controls, self._rise = plane, controls, rise
        self._seq = 0
        self._sent: tuple[object, ...] = ()
        self._kept: list[Shared] = []
        self._run: Run = ({}, {})
        self.outlet: Outlet[Run] = Outlet(self._send_run)
        plane.controls = {name: reference(controls[name]) for name in (*ASKED, *SOURCES, *DRAWING)}

    def forget(self) -> None:
        """The centre is another: nothing that the browser has holds any more."""
        self._sent, self._kept = (), []
        self._plane.frame = {}
        self._run = ({}, {})
        self._plane.snapshots = {}
        if self.outlet.is_waiting:
            self.outlet.offer(self._run)

    def share(self, scene: Scene, basis: Basis | None) -> None:
        """Send what is known of a scene, unless the browser has it.

        Args:
            scene: That is shown.
            basis: Of the volume around it; None where there is none.
        """
        found = _sources(scene, basis)
        told = _told(scene.settings, self._controls)
        mixing = scene.settings.mixing if any(turn is False for _, turn in found) else 0.0
        key = (tuple(id(source) for source, _ in found), tuple(told.items()), mixing)
        if key == self._sent:
            return
        self._sent, self._kept = key, found  # kept: an id belongs to another object once its own is gone
        self._seq += 1
        parts = [_part(source, turn) for source, turn in found]
        self._plane.frame = known_frame(seq=self._seq, mixing=mixing, parts=parts, rise=self._rise, sources=told)

    def share_run(self, settings: Settings, snapshots: Sequence[Snapshot]) -> None:
        """Send the curves of a run, unless the browser has them.

        Args:
            settings: By whose kind, radius and seed it is mined.
            snapshots: That it has by now.
        """
        if not snapshots:
            return
        curves = {snapshot.step: snapshot.curve for snapshot in snapshots}  # not the vectors
        run = (curves, _told_of_run(settings, snapshots[0].curve, self._controls))
        if run != self._run:
            self._run = run
            self.outlet.offer(run)

    def _send_run(self, run: Run, seq: int) -> None:
        curves, told = run
        is_known = bool(curves)  # else the centre has become another on the way
        frame = snapshots_frame(seq=seq, curves=curves, sources=told, rise=self._rise) if is_known else {}
        self._plane.snapshots = frame


def known_parts(scene: Scene, basis: Basis | None) -> list[KnownPart]:
    """What is known of a scene; `basis` as in `Sharing.share`."""
    return [_part(source, turn) for source, turn in _sources(scene, basis)]


def _sources(scene: Scene, basis: Basis | None) -> list[Shared]:
    lines = [(source, False) for source in _best(scene.chart.sources(*scene.curve_name))]
    planes = [(source, scene.is_turned) for source in _best(scene.chart.sources("surface"))]
    if scene.volume is None or basis is None:
        return [*lines, *planes]
    turn = Turn(basis.inner, basis.third, basis.keeps_length)
    return [*lines, *planes, *((source, turn) for source in _best(scene.volume[0].sources("volume")))]


def _best(sources: Iterable[Source]) -> Sequence[Source]:
    """Those that no other one beats in error over at least the same span."""
    usable = [source for source in sources if np.isfinite(source.function.values).all()]
    kept = [source for source in usable if not any(_beats(other, source) for other in usable)]
    return sorted(kept, key=lambda source: source.nats)[:MOST_PARTS]


def _beats(one: Source, other: Source) -> bool:
    pairs = zip(one.function.axes, other.function.axes, strict=True)
    return one.nats < other.nats and all(a.low <= b.low and a.high >= b.high for a, b in pairs)


def _part(source: Source, turn: Turn | bool) -> KnownPart:
    losses = source.computed.losses
    is_signed = bool(np.nanmin(losses, initial=0.0) < 0)
    return KnownPart(source.function, source.nats, is_signed, source.computed.coords, turn)


def _told(settings: Settings, controls: Mapping[str, Any]) -> dict[str, float]:
    """What the controls must say for the scene to be theirs."""
    names = [name for name in SOURCES if settings.mining_steps or name not in OF_MINING]
    return {name: number_of(controls[name], getattr(settings, name)) for name in names}


def _told_of_run(settings: Settings, curve: Curve, controls: Mapping[str, Any]) -> dict[str, float]:
    """What the controls must say for a curve along a mined direction to be the one that the run has."""
    data = {"split": curve.split, "batchnorm": curve.provenance.get("batchnorm") or NO_BATCHNORM}
    run = {"kind": settings.kind, "radius": settings.radius, "seed": settings.seed}
    told = {**run, **data, "mixing": 0.0, "scale": curve.span[1]}
    return {name: number_of(controls[name], value) for name, value in told.items()}


def number_of(control: Any, value: Any) -> float:
    """A menu counts by the places of its entries: -1 for one that is gone."""
    if not hasattr(control, "options"):
        return float(value)
    values = [entry for _, entry in control.options]
    return float(values.index(value)) if value in values else -1.0
