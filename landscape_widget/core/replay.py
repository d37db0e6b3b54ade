"""The values at a point from a recorded forward pass; the user's Python is not run again, but for the loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from landscape_widget.core import nested
from landscape_widget.core.batchnorm import Statistics, governed_layers
from landscape_widget.core.forward import Forward, Totals
from landscape_widget.core.lockstep import pooled
from landscape_widget.core.losses import EachLoss, Outcome, PairLoss
from landscape_widget.core.params import ParamSpace
from landscape_widget.core.passes import Calibrated, Cancelled, Record, Stop
from landscape_widget.core.plane import Plane, PlanePoint
from landscape_widget.core.program import Program, Slots
from landscape_widget.core.samples import Batch
from landscape_widget.core.trace import Trace, Untraceable, traced

MOST_PROGRAMS = 16  # sequences of many lengths are not worth it
Shapes = tuple[tuple[tuple[int, ...], torch.dtype], ...]
Run = tuple[Program, Slots]


class Programs:
    """The programs of one working copy: one for each shape of inputs, with and without pooled statistics."""

    def __init__(self, forward: Forward, space: ParamSpace) -> None:
        """See `Untraceable` for what has no programs.

        Args:
            forward: The copy; it is run once for each program.
            space: The layout of points.

        Raises:
            Untraceable: The loss is not `loss_fn(outputs, targets)`, or rounds to half precision.
        """
        if not isinstance(forward.batch_loss, PairLoss) or forward.needs_grad:
            raise Untraceable("the loss is not loss_fn(outputs, targets), or differentiates inside")
        if any(p.dtype not in (torch.float32, torch.float64) for p in forward.weights.parameters):
            raise Untraceable("weights in half precision round otherwise when steps are taken together")
        self.loss: PairLoss = forward.batch_loss
        self._forward = forward
        self._space, self._dtypes = space, [p.dtype for p in forward.weights.parameters]
        self._means = [layer.running_mean for layer in governed_layers(forward.module)]
        self._programs: dict[tuple[Shapes, bool], Program] = {}

    def prepare(self, tiles: Sequence[Batch], *, pools: bool, plane: Plane | None = None) -> None:
        """Record what these tiles need, and compute what all points of `plane` share, in the calling thread.

        Raises:
            Untraceable, Exception: See `traced`.
        """
        for tile in tiles:
            key = shapes_of(tile), pools
            if key not in self._programs:
                if len(self._programs) == MOST_PROGRAMS:
                    raise Untraceable(f"its inputs have more than {MOST_PROGRAMS} shapes")
                self._programs[key] = Program(self._trace(tile), self._means, pools=pools)  # type: ignore[arg-type]
            if plane is not None:
                plane.keep(self._programs[key], nested.tensors(tile.content[0]))

    def weights_of(self, vector: Tensor) -> list[Tensor]:
        """A vector `[P]` as weights in their own shapes and precision."""
        parts = self._space.split(vector).values()
        return [part.to(dtype) for part, dtype in zip(parts, self._dtypes, strict=True)]

    def of(self, tile: Batch, *, pools: bool) -> Program:
        """The program for tiles of this shape, which is prepared."""
        return self._programs[shapes_of(tile), pools]

    def _trace(self, tile: Batch) -> Trace:
        inputs, parameters = tile.content[0], self._forward.weights.parameters
        try:
            return traced(lambda: self.loss.outputs(self._forward.module, inputs), nested.tensors(inputs), parameters)
        finally:
            self._forward.buffers.restore()


def shapes_of(tile: Batch) -> Shapes:
    """What a program depends on."""
    return tuple((tuple(tensor.shape), tensor.dtype) for tensor in nested.tensors(tile.content[0]))


class Replay:
    """Takes the place of a working copy and of its passes, for one thread."""

    def __init__(self, programs: Programs, calibration: Sequence[Batch]) -> None:
        self._programs, self._calibration = programs, list(calibration)
        self._loss: PairLoss | EachLoss = programs.loss
        self._weights: list[Tensor] = []
        self._place: PlanePoint | None = None

    @contextmanager
    def standing_at(self, point: Tensor | PlanePoint) -> Iterator[None]:
        """Use the weights of `point [P]` inside the block."""
        with torch.inference_mode():
            self._place = point if isinstance(point, PlanePoint) else None
            vector = point.plane.point(point.coord) if isinstance(point, PlanePoint) else point
            self._weights = self._programs.weights_of(vector)
            yield

    @contextmanager
    def keeping_samples(self) -> Iterator[None]:
        """See `Forward.keeping_samples`."""
        self._loss = EachLoss(self._programs.loss)
        try:
            yield
        finally:
            self._loss = self._programs.loss

    def calibrate(self) -> Calibrated:
        """One pass of the calibration set under its own pooled statistics."""
        runs = list(self._started(self._calibration, None, pools=True))
        found = []
        for place in range(runs[0][0].num_statistics):
            found.append(pooled([program.advance(slots, place) for program, slots in runs]))
            for program, slots in runs:
                program.join(slots, place, found[-1])
        outcomes = [self._outcome(run, tile) for run, tile in zip(runs, self._calibration, strict=True)]
        return Calibrated(self._calibration, outcomes, dict(enumerate(found)))

    def add(self, totals: Totals, tiles: Sequence[Batch], record: Record | None, stop: Stop | None = None) -> None:
        """Count tiles, as `Passes.add`."""
        statistics = None if record is None else list(record.values())
        for tile, run in zip(tiles, self._started(tiles, statistics, pools=False), strict=True):
            if stop is not None and stop():
                raise Cancelled
            totals.add(tile, self._outcome(run, tile))

    def _started(
        self, tiles: Sequence[Batch], statistics: Sequence[Statistics] | None, *, pools: bool
    ) -> Iterator[Run]:
        """For each tile its program, and the slots to begin with."""
        starts: dict[Program, Slots] = {}
        for tile in tiles:
            program = self._programs.of(tile, pools=pools)
            if program not in starts:
                starts[program] = program.begin(self._weights, statistics)
            leaves = nested.tensors(tile.content[0])
            first = [] if self._place is None else self._place.plane.first_outputs(leaves, self._place.coord)
            yield program, program.with_leaves(starts[program], leaves, first)

    def _outcome(self, run: Run, tile: Batch) -> Outcome:
        program, slots = run
        return self._loss.of_outputs(program.finish(slots), tile.content[1])
