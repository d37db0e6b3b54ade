"""The explanation of the curve's bend in the worker: short steps beside everything else that it does."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch

from landscape_widget.core.gate import Gate
from landscape_widget.curvature import Hessian
from landscape_widget.curvature.explaining import Said
from landscape_widget.curvature.explanation import Explanation
from landscape_widget.curvature.prediction import Parting, Prediction
from landscape_widget.directions.direction import Direction
from landscape_widget.slices.curve import Curve

SEEDS = 50  # random directions

Steps = Generator[None, None, None]


class Bending:
    """One explanation at a time, and the quadratic along the direction that is shown.

    Once an explanation was asked for, the quadratic follows the shown direction.

    Args:
        hessian: `landscape.hessian`.
        gate: Taken for each step.
        batchnorm: The mode of the Hessian; None where the model has none.
        on_found: Told of each quadratic that was found.

    Attributes:
        explanation: The last one; None before the first.
        said: How far the one at work has come; None where none is.
        is_explaining: Whether one is at work.
    """

    def __init__(self, hessian: Hessian, gate: Gate, batchnorm: str | None, on_found: Callable[[], None]) -> None:
        self._hessian, self._gate, self._batchnorm = hessian, gate, batchnorm
        self._on_found = on_found
        self._along: tuple[Direction, Prediction] | None = None
        self.is_explaining = False
        self.explanation: Explanation | None = None
        self.said: Said | None = None

    def begin(self, normalize: str, shown: Callable[[], Sequence[Direction]]) -> Steps | None:
        """The job of a new one; None while one goes on.

        Args:
            normalize: Of the random directions.
            shown: When the job begins, these are placed among them; the quadratic is that along the first.
        """
        if self.is_explaining:
            return None
        self.is_explaining = True
        return self._explaining(normalize, shown)

    def follow(self, direction: Direction) -> Steps | None:
        """The job that finds the quadratic along a direction; None where it is known, or none was ever found."""
        if self._along is None or self.prediction(direction) is not None:
            return None
        return self._predicting(direction)

    def prediction(self, direction: Direction) -> Prediction | None:
        """The quadratic along a direction, if it is the last one that was found."""
        if self._along is None:
            return None
        known, prediction = self._along
        is_same = known is direction or torch.equal(known.vector, direction.vector)
        return prediction if is_same else None

    def parting(self, prediction: Prediction, curve: Curve) -> Parting | None:
        """Where they part; None for a curve on other data, or in another BatchNorm mode, than the Hessian's."""
        is_its_own = curve.split == "train" and curve.provenance.get("batchnorm") == self._batchnorm
        return prediction.parting(curve) if is_its_own else None

    def told(self, curve: Curve, direction: Direction) -> dict[str, Any] | None:
        """What a picture of the curve says of it; None where nothing is known."""
        prediction = self.prediction(direction)
        parting = None if prediction is None else self.parting(prediction, curve)
        if prediction is None or parting is None:
            return None
        parts = [alpha for alpha in parting if alpha is not None]
        return {"slope": prediction.slope, "curvature": prediction.curvature, "parts": parts}

    def leave_off(self) -> None:
        """The job was cancelled, perhaps before it began; what there is stays."""
        self.is_explaining, self.said = False, None

    def recenter(self) -> None:
        """Everything belongs to another centre."""
        self.explanation = self._along = None
        self.leave_off()

    def _explaining(self, normalize: str, shown: Callable[[], Sequence[Direction]]) -> Steps:
        try:
            directions = shown()
            for direction in directions[:1]:
                yield from self._predicting(direction)
            steps = self._hessian.explain_in_steps(SEEDS, normalize=normalize, directions=directions)
            while self.is_explaining and not self._step(steps):
                yield
        finally:
            self.leave_off()

    def _step(self, steps: Generator[Said, None, Explanation]) -> bool:
        """Whether that was the last one."""
        with self._gate.background():
            try:
                self.said = next(steps)
            except StopIteration as end:
                self.explanation = end.value
                return True
        return False

    def _predicting(self, direction: Direction) -> Steps:
        with self._gate.background():
            self._along = direction, self._hessian.prediction(direction)
        self._on_found()
        yield
