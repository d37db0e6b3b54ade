"""The landscape of a user's network: one object from which everything else is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

import landscape_widget
from landscape_widget._checks import as_number
from landscape_widget.census import Census, census_of
from landscape_widget.core.arguments import checked_settings, read_splits
from landscape_widget.core.fingerprint import ModelWatch
from landscape_widget.core.losses import LossFunction, Metrics, make_batch_loss
from landscape_widget.core.objective import Objective
from landscape_widget.core.working_copy import unwrapped
from landscape_widget.curvature import Hessian
from landscape_widget.directions import Direction, Directions, ModelState
from landscape_widget.engine.evaluate import Engine
from landscape_widget.mining.result import MiningResult
from landscape_widget.recipes import RecipeResult, make
from landscape_widget.report import Report, in_short, make_report
from landscape_widget.slices.base import Slice
from landscape_widget.slices.verification import Verification
from landscape_widget.slicing import Request, Slicer
from landscape_widget.verifying import verify

if TYPE_CHECKING:
    from landscape_widget.widget.explorer import Explorer

Closure = Callable[[nn.Module, Any], Any]


class Landscape:
    """The function L(theta) of a model, a loss and data, around the model's present weights.

    The model is copied and never touched afterwards; its weights of now are the `center`.
    """

    def __init__(
        self,
        model: nn.Module,
        loss_fn: LossFunction | None = None,
        data: Any = None,
        *,
        closure: Closure | None = None,
        params: str | Sequence[str] = "all",
        metrics: Metrics | None = None,
        splits: Mapping[str, Any] | None = None,
        batchnorm: str | None = None,
        calibration: int = 512,
        mode: str = "eval",
        samples: int | str | None = None,
        ceiling: float | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        memory_budget: int | None = None,
        seed: int = 0,
    ) -> None:
        """Copy the model, read the data once, and check that the loss is a function of the weights.

        Args:
            model: Any `torch.nn.Module`; DataParallel, DDP and compiled models are unwrapped.
            loss_fn: `loss_fn(outputs, targets)` -> scalar, the mean of its batch. With mappings as batches and
                neither `loss_fn` nor `closure`, `model(**batch)` and its `.loss` or `["loss"]`.
            data: `(inputs, targets)`, a list of batches, or any iterable of batches (a DataLoader, a stream).
            closure: `closure(model, batch)` -> `loss`, `(loss, n)` or `{"loss": ..., "n": ..., more}`, whose
                further keys become metrics.
            params: Which parameters move: `"all"` floating-point ones, `"trainable"`, or name patterns.
            metrics: Name -> `fn(outputs, targets)`, averaged like the loss.
            splits: Name -> further data on which the same points can be judged.
            batchnorm: `"recalibrate"` (default where the model has BatchNorm): statistics are taken anew at every
                point, from the calibration set; `"frozen"`: running statistics as stored, the model's `eval()`.
            calibration: How many samples the calibration set has.
            mode: `"eval"`, or `"keep"`: as the model is.
            samples: None: up to 10 000 samples or 1 GiB; a number; or `"all"`.
            ceiling: A rise in loss that counts as high, in nats; default ln K for K classes.
            device: Where to compute; default: where the model is.
            dtype: In which precision; default: the model's.
            memory_budget: Bytes of device memory that data, and the points computed at a time, may take; default half
                of what is free.
            seed: Of every choice among samples.

        Raises:
            TypeError, ValueError: Anything that makes no landscape; the text names the argument and the remedy.
        """
        self._model = unwrapped(model)
        batch_loss = make_batch_loss(loss_fn, closure, metrics)
        settings = checked_settings(params, batchnorm, calibration, mode, device, dtype, memory_budget, seed)
        raw = read_splits(data, splits, samples, is_pair=batch_loss.is_pair, seed=settings.seed)
        with torch.inference_mode(False):  # the copy's tensors must be ordinary ones wherever it is made
            self._objective = Objective(self._model, batch_loss, raw, settings)
        self._watch = ModelWatch(self._model)
        self._engine = Engine(self._objective)
        checked = None if ceiling is None else as_number("ceiling", ceiling, above=0.0)
        self._slicer = Slicer(self._engine, ceiling=checked, mode=mode, version=landscape_widget.__version__)
        self._hessian = Hessian(self._engine, self._noise)
        self.directions = Directions(
            self._objective, self._engine.gate, lambda: self._slicer.home, self._model_state, self._hessian
        )

    def __repr__(self) -> str:
        return f"Landscape({in_short(self._model, self._objective)})"

    @property
    def center(self) -> Tensor:
        """`[P]`: the weights that the landscape lies around; a copy."""
        return self._objective.center.clone()

    @property
    def center_loss(self) -> float:
        """The loss at the centre on all the data used, in the BatchNorm mode of this landscape."""
        return self._slicer.center_loss()

    @property
    def center_loss_frozen(self) -> float:
        """The same with BatchNorm's stored statistics: the loss of the model's plain `eval()`."""
        return self._slicer.center_loss(batchnorm="frozen" if self.batchnorm else None)

    @property
    def ceiling(self) -> float | None:
        """A rise in loss that counts as high; None where it is decided for each slice."""
        return self._slicer.ceiling

    @property
    def batchnorm(self) -> str | None:
        """`"recalibrate"`, `"frozen"`, or None without BatchNorm."""
        return self._objective.batchnorm

    @property
    def evaluations(self) -> int:
        """Points computed so far on all the data used."""
        return self._engine.evaluations

    @property
    def hessian(self) -> Hessian:
        """The curvature at the centre: products, eigenpairs, trace, norm, density, and what they explain."""
        return self._hessian

    @property
    def plan(self) -> str:
        """What evaluates points and why, in one line; assign `"loop"`, `"vmap"` or `"auto"` to force it.

        Raises:
            ValueError: Assigned something else, or a plan that this model does not allow.
        """
        return self._engine.plan

    @plan.setter
    def plan(self, name: str) -> None:
        self._engine.plan = name

    def check(self) -> Report:
        """What the landscape sees: compare its loss and metrics with those that you know."""
        return make_report(self._model, self._slicer, self._objective)

    def model_changed(self) -> bool:
        """Whether the user's model has other weights or buffers than when the centre was taken."""
        return self._watch.changed()

    def recenter(self) -> None:
        """Take the model's weights and buffers of now as the centre."""
        with self._engine.gate.foreground():
            self._objective.recenter(self._model)
            self._watch.reset()
            self._slicer.recentered()

    def curve(
        self,
        d: Direction,
        *,
        span: float | tuple[float, float] | None = None,
        exact: bool = False,
        points: int | None = None,
        tol: float = 0.01,
        split: str | Sequence[str] | None = None,
        per_sample: bool = False,
        progress: Any = None,
    ) -> Any:
        """The loss along one direction, `L(center + alpha d)`: a `Curve`, adaptive unless `exact`.

        Args:
            d: The direction.
            span: h means (-h, h); or `(lo, hi)`; default the direction's own.
            exact: Compute every point of a uniform grid; else nested nodes are refined until the error is small.
            points: Number of points of an exact grid; default 41.
            tol: The error allowed at a point, in units of `max(scale, L - L_min)` with `scale = min(range, ceiling)`;
                a curve is refined to half the noise floor (.005) at least, so that its kind can be told.
            split: `None` or `"train"`: `data`; or a name from `splits`; or a tuple of names, which gives a dict
                name -> curve, from one pass over the same points.
            per_sample: Keep the losses of each sample: standard errors, and the classifier's noise.
            progress: None shows a bar on long work, False none, or a callable(done, total).

        Raises:
            TypeError, ValueError: An argument makes no sense; the text names it and the remedy.
        """
        return self._slicer.slices({"d": d}, span, Request(exact, points, tol, split, per_sample, progress))

    def surface(
        self,
        d: Direction,
        e: Direction,
        *,
        span: Any = None,
        exact: bool = False,
        points: Any = None,
        tol: float = 0.01,
        split: str | Sequence[str] | None = None,
        per_sample: bool = False,
        progress: Any = None,
        orthogonalise: bool = False,
    ) -> Any:
        """The loss over a plane, `L(center + alpha d + beta e)`: a `Surface`; arguments as in `curve`, but for these.

        `span` has one entry for both axes, or is a tuple with one entry an axis (h or `(lo, hi)`), alpha first;
        `points`, of an exact grid, is an int or one an axis; `orthogonalise` makes `e` orthogonal to `d` in the filter
        metric first. With `tol` of .01 or less a surface is refined to half the noise floor (.005), so that its kind
        can be told; a coarser `tol` is kept to, at the price of a kind that may be "unclear". On the demo .005 took 1
        to 2.1 times as many points as .01.
        """
        request = Request(exact, points, tol, split, per_sample, progress)
        return self._slicer.slices({"d": d, "e": e}, span, request, orthogonalise=orthogonalise)

    def volume(
        self,
        d: Direction,
        e: Direction,
        f: Direction,
        *,
        span: Any = None,
        exact: bool = False,
        points: Any = None,
        tol: float = 0.01,
        split: str | Sequence[str] | None = None,
        per_sample: bool = False,
        progress: Any = None,
        orthogonalise: bool = False,
    ) -> Any:
        """The loss in a volume, `L(center + alpha d + beta e + gamma f)`: a `Volume`; arguments as in `surface`.

        An exact grid has 17 points an axis by default; `orthogonalise` makes `e` orthogonal to `d`, and `f` to both.
        """
        request = Request(exact, points, tol, split, per_sample, progress)
        return self._slicer.slices({"d": d, "e": e, "f": f}, span, request, orthogonalise=orthogonalise)

    def verify(self, slice_: Slice, *, n: int = 20, seed: int = 0, directions: Any = None) -> Verification:
        """Compute `n` random points of a slice here and say in words whether and how it differs; see `Slice.verify`."""
        return verify(slice_, self._slicer, self.directions, n=n, seed=seed, directions=directions)

    def census(
        self,
        noise: str = "gaussian",
        seeds: int = 20,
        span: float | tuple[float, float] = 1.0,
        *,
        split: str | None = None,
        progress: Any = None,
    ) -> Census:
        """Count the kinds of curves along random directions; an interrupt keeps the finished ones, with a warning.

        Args:
            noise: `"gaussian"`, `"uniform"`, `"rademacher"` or `"sign_aligned"`, normalised by filter.
            seeds: How many directions: seeds 0, 1, ...
            span: As in `curve`.
            split: None or one name, as in `curve`.
            progress: As in `curve`.

        Returns:
            `.kinds`, counts with 95 % intervals, and `.curves`; it prints as a table and has `plot()`.
        """
        return census_of(self.directions, self._slicer, noise, seeds, span, split, progress)

    def mine(
        self,
        kind: str,
        *,
        n: int | None = None,
        target: Any = None,
        radius: float | None = None,
        steps: int | None = None,
        seed: int = 0,
        starts: int = 1,
        orthogonal_to: Direction | Sequence[Direction] = (),
        barrier: float | None = None,
        progress: Any = None,
    ) -> MiningResult:
        """Construct a direction, or a plane, of a rare kind; our own design, not the paper's algorithm.

        An interrupt keeps what there is: the result of the last step is returned, with a warning.

        Args:
            kind: `"w-peak"`, `"vvv-basin"`, `"v-side"`, `"n-valley"`; planes: `"wine-bottle"`, `"saddle"`, `"target"`.
            n: Valleys of an n-valley, 4 to 9; default 5.
            target: `[H, W]` heights from 0 (low) to 1 (high), NaN for anything; one row a beta, -1 to 1 on both axes.
            radius: Length in the filter metric: root mean square change per filter; default .3, or 1.4 for
                vvv-basin, n-valley and target.
            steps: Default 200; 300 for a vvv-basin, 100 for a v-side, 600 for an n-valley and a target.
            seed: Of everything that is drawn.
            starts: Try several starts; the weak ones are dropped early, the best is kept.
            orthogonal_to: In the filter metric.
            barrier: The loss that a barrier should reach: vvv-basin, n-valley, saddle, and height 1 of a target.
            progress: As in `curve`.

        Returns:
            The result, confirmed on data that were not mined on; `.succeeded` says whether it is of that kind.

        Raises:
            TypeError, ValueError: An argument makes no sense; the text names it and the remedy.
        """
        miner = self._slicer.miner(
            kind,
            n=n,
            target=target,
            radius=radius,
            steps=steps,
            seed=seed,
            starts=starts,
            orthogonal_to=orthogonal_to,
            barrier=barrier,
        )
        return miner.run(progress)

    def recipe(self, name: str, *, seed: int = 0, models: Sequence[Any] = (), progress: Any = None) -> RecipeResult:
        """A surface of a wanted kind, with evidence; `lw.recipes()` names them.

        That curves of known kinds combine to such surfaces is the claim of arXiv:2405.12493; the recipes themselves,
        and what counts as success, are our own. What is mined is constructed, not typical.

        Args:
            name: `"bowl"`, `"flank"`, `"trough"`, `"three-basins"`, `"saddle"`, `"wine-bottle"`, `"three-in-a-row"`.
            seed: Of all that is drawn by chance.
            models: Other networks of this architecture: one for `"trough"`, two for `"three-basins"`; what is missing
                is replaced by copies that compute the same.
            progress: As in `curve`.

        Returns:
            `.surface`, `.directions`, `.kind`, `.evidence`, `.succeeded` and `.report`. An interrupt of the mining
            keeps the directions of its last step, with a warning.

        Raises:
            TypeError, ValueError: An argument makes no sense, or no copy can be made; the text names the remedy.
        """
        return make(name, self._slicer, self.directions, seed=seed, models=models, progress=progress)

    def explore(
        self,
        a: Direction | str | None = None,
        b: Direction | str | None = None,
        c: Direction | str | None = None,
        mixing: float = 0.0,
        span: float | None = None,
        surface_view: str | None = None,
        panels: Sequence[str] = ("curve", "map", "surface"),
        height: int = 420,
        prefetch: bool = True,
    ) -> Explorer:
        """The widget: live curve, map and surface with sliders for mixing, noise scale and mining steps.

        Args:
            a: First source: a direction, or a name from the menu; default Gaussian noise.
            b: Second source, mixed with the first.
            c: Third source, the second axis of map and surface; `"none"` for the plane of the first two.
            mixing: Degrees, -90 to 90: 0 is `a`, 90 the part of `b` orthogonal to it.
            span: h of the span (-h, h); default that of the first source.
            surface_view: What draws the surface, `"webgl"` or `"ipyvolume"`; the first without.
            panels: Which of `"curve"`, `"map"`, `"surface"` are shown.
            height: Of the views, in pixels.
            prefetch: Compute, while nothing else is to be done, what the sliders may ask for next.
        """
        from landscape_widget.widget.explorer import Explorer

        return Explorer(
            self,
            slicer=self._slicer,
            a=a,
            b=b,
            c=c,
            mixing=mixing,
            span=span,
            surface_view=surface_view,
            panels=panels,
            height=height,
            prefetch=prefetch,
        )

    def export(
        self,
        path: str | os.PathLike[str],
        a: Direction | str | None = None,
        b: Direction | str | None = None,
        *,
        mixing: float = 0.0,
        span: float | None = None,
        tol: float = 0.01,
        split: str | None = None,
        log_height: bool = False,
        title: str = "",
        progress: Any = None,
    ) -> Path:
        """Write one page of HTML with curve, map and surface, which follow its sliders without a kernel or a network.

        Computes the plane of two directions, adaptively; in the page both can be mixed at any angle and zoomed into.
        `landscape.explore(...).export(path)` writes what an explorer shows instead, and computes nothing.

        Args:
            path: The file, ending in .html; an existing one is replaced.
            a: First source, as in `explore`: a direction, or a name from the menu; default Gaussian noise.
            b: Second source, made orthogonal to the first.
            mixing: Degrees, -90 to 90, to begin with.
            span: h of the span (-h, h); default that of the first source.
            tol: As in `curve`.
            split: None or one name, as in `curve`.
            log_height: Begin with a logarithmic loss axis.
            title: The page's heading.
            progress: As in `curve`.

        Returns:
            The path of the file.

        Raises:
            TypeError, ValueError: An argument makes no sense, or the two sources are parallel.
            FileNotFoundError, IsADirectoryError: There is no such folder, or the path is one.
        """
        from landscape_widget.page_file import page_path, write_page
        from landscape_widget.widget.export.page import page
        from landscape_widget.widget.export.plane import exhibit_plane, plane_settings
        from landscape_widget.widget.sources import Sources

        target = page_path(path)
        sources = Sources(self.directions)
        options: dict[str, Any] = {"mixing": mixing, "span": span, "tol": tol, "split": split, "log_height": log_height}
        settings = plane_settings(sources, self._slicer, a, b, **options)
        return write_page(target, page(exhibit_plane(self._slicer, settings, sources, progress), title))

    def _noise(self, noise: str, seed: int, normalize: str) -> Tensor:
        direction: Direction = getattr(self.directions, noise)(seed=seed, normalize=normalize)
        return direction.vector

    def _model_state(self) -> ModelState:
        return ModelState.of(self._objective.module, self._objective.space)
