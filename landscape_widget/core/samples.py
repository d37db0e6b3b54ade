"""One split of the data as the engine uses it: units, tiles, the calibration set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from landscape_widget.core import nested
from landscape_widget.core.reading import RawData, batch_size


@dataclass(frozen=True)
class Batch:
    """A piece of data that one forward pass takes: a whole batch of the user's, or a tile of samples.

    Attributes:
        content: As the user's batch: a tuple, mapping, dataclass or tensor.
        weight: What its mean loss counts for: its number of samples, or its share of one batch of a closure.
    """

    content: Any
    weight: float


class Samples:
    """The data of one split.

    A unit is what can be chosen singly: a sample where tiles reproduce the loss and all batches fit in one
    (`is_tiled`), else a batch of the user's. Where samples are units they lie in one block with the calibration
    set first, so that one pass over it serves both.

    Attributes:
        is_tiled: Units are samples.
        used: Samples used.
        total: Out of how many; None for a stream that was not read to its end.
    """

    def __init__(self, raw: RawData, *, tile: int | None, can_weigh: bool, calibration: int, seed: int) -> None:
        """Choose samples and arrange them.

        Args:
            raw: What was read.
            tile: Samples a tile; None where only a whole batch of the user's is a loss.
            can_weigh: A batch counts for its number of samples; else (closures) for one.
            calibration: Samples in the calibration set.
            seed: Of the choice, where there are more samples than the limit.
        """
        self._tile, self._can_weigh = tile, can_weigh
        block = nested.joined(raw.batches) if tile is not None and can_weigh else None
        self.is_tiled = block is not None and nested.common_length(block) is not None
        generator = torch.Generator().manual_seed(seed)
        if self.is_tiled:
            self._arrange_samples(block, raw.limit, calibration, generator)
        else:
            self._arrange_batches(raw.batches, raw.limit, calibration, generator)
        self.total = raw.total

    def _arrange_samples(self, block: Any, limit: int | None, calibration: int, generator: torch.Generator) -> None:
        num_samples = nested.common_length(block) or 0
        chosen = torch.arange(num_samples)
        if limit is not None and num_samples > limit:
            chosen = torch.randperm(num_samples, generator=generator)[:limit].sort().values
        self.used = self.num_units = len(chosen)
        first = spread(self.used, calibration)
        rest = torch.ones(self.used, dtype=torch.bool)
        rest[first] = False
        order = torch.cat([first, rest.nonzero().flatten()])
        self._position = torch.empty_like(order).scatter_(0, order, torch.arange(self.used))
        self._block = take(block, chosen[order])
        self.unit_sizes = torch.ones(self.used, dtype=torch.long)
        self._num_calibration = len(first)

    def _arrange_batches(
        self, batches: list[Any], limit: int | None, calibration: int, generator: torch.Generator
    ) -> None:
        sizes = torch.tensor([batch_size(batch) or 1 for batch in batches])
        kept = torch.arange(len(batches))
        if limit is not None and int(sizes.sum()) > limit:
            shuffled = torch.randperm(len(batches), generator=generator)
            num_kept = int((sizes[shuffled].cumsum(0) <= limit).sum())
            kept = shuffled[: max(1, num_kept)].sort().values
        self._batches = [batches[i] for i in kept.tolist()]
        self.unit_sizes = sizes[kept]
        self.used, self.num_units = int(self.unit_sizes.sum()), len(kept)
        self._calibration_units = self._spread_batches(calibration)

    def _spread_batches(self, calibration: int) -> list[int]:
        """Batches spread evenly until they hold as many samples as the calibration set asks for."""
        for count in range(1, self.num_units + 1):
            units = spread(self.num_units, count)
            if int(self.unit_sizes[units].sum()) >= calibration:
                return list(units.tolist())
        return list(range(self.num_units))

    def map(self, function: Callable[[Tensor], Tensor]) -> None:
        """Replace every tensor: another device, dtype or memory format."""
        if self.is_tiled:
            self._block = nested.map_tensors(function, self._block)
        else:
            self._batches = [nested.map_tensors(function, batch) for batch in self._batches]

    @property
    def sample_size(self) -> int:
        """Numbers in one sample's first tensor."""
        tensor = next(iter(nested.tensors(self.contents)), None)
        return tensor[0].numel() if tensor is not None and tensor.dim() and len(tensor) else 1

    @property
    def num_bytes(self) -> int:
        """Memory of the data used."""
        return nested.num_bytes(self._block if self.is_tiled else self._batches)

    @property
    def contents(self) -> list[Any]:
        """All data in a fixed order, for hashing."""
        return [self._block] if self.is_tiled else self._batches

    def calibration(self, tile: int | None) -> list[Batch]:
        """The calibration set: in tiles of so many samples or (None) in one batch; where batches are units, those."""
        if self.is_tiled:
            return self._tiles(self._block, 0, self._num_calibration, tile or self._num_calibration)
        return [Batch(self._batches[i], self._weight(self._batches[i])) for i in self._calibration_units]

    def after_calibration(self, *, is_alone: bool = False) -> list[Batch]:
        """All data that the calibration set leaves, in tiles; see `tiles`."""
        if self.is_tiled:
            return self._tiles(self._block, self._num_calibration, self.used, self._tile_of(is_alone))
        others = [i for i in range(self.num_units) if i not in set(self._calibration_units)]
        return [piece for i in others for piece in self._pieces(self._batches[i])]

    def tiles(self, units: Tensor | None = None, *, is_alone: bool = False) -> list[Batch]:
        """All data, or the chosen units, in tiles.

        Args:
            units: Indices of samples or batches.
            is_alone: One thread computes all of them, so there need not be several.
        """
        if self.is_tiled:
            block = self._block if units is None else take(self._block, self._position[units])
            return self._tiles(block, 0, self.used if units is None else len(units), self._tile_of(is_alone))
        chosen = range(self.num_units) if units is None else units.tolist()
        return [piece for i in chosen for piece in self._pieces(self._batches[i])]

    def in_users_order(self, rows: Tensor) -> Tensor:
        """What was found for each sample in the order of `tiles()`, in the order of the user's data."""
        return rows[self._position.to(rows.device)]

    def gather(self, units: Tensor, tile: int | None = None) -> list[Batch]:
        """The chosen units: samples in one batch, or in tiles of so many; batches of the user's as they are."""
        if self.is_tiled:
            return self._tiles(take(self._block, self._position[units]), 0, len(units), tile)
        return [Batch(self._batches[i], self._weight(self._batches[i])) for i in units.tolist()]

    def _tile_of(self, is_alone: bool) -> int | None:
        return 2 * self._tile if is_alone and self._tile and self._tile >= MANY else self._tile

    def _weight(self, batch: Any) -> float:
        return float(batch_size(batch) or 1) if self._can_weigh else 1.0

    def _pieces(self, batch: Any) -> list[Batch]:
        """One batch of the user's in tiles, where tiles reproduce its loss."""
        size, weight = nested.common_length(batch), self._weight(batch)
        if self._tile is None or size is None or size <= self._tile:
            return [Batch(batch, weight)]
        pieces = self._tiles(batch, 0, size, self._tile)
        return [Batch(piece.content, piece.weight * weight / size) for piece in pieces]

    @staticmethod
    def _tiles(block: Any, start: int, stop: int, tile: int | None) -> list[Batch]:
        size = tile or max(1, stop - start)
        bounds = [(i, min(i + size, stop)) for i in range(start, stop, size)]
        return [Batch(rows_between(block, i, j), j - i) for i, j in bounds]


MANY = 1024  # samples; where tiles are as large as that, the caches do not ask for small ones
IMAGE = 3 * 32 * 32  # numbers in the sample that tile sizes are given for


def scaled_tile(tile: int, sample_size: int) -> int:
    """So many samples that they hold as many numbers as `tile` images of 3 x 32 x 32; at least `tile`."""
    return max(tile, tile * IMAGE // max(1, sample_size))


def spread(num_units: int, count: int) -> Tensor:
    """`count` indices spread evenly over `num_units`: never a prefix, since data are often sorted by class."""
    count = min(count, num_units)
    return torch.arange(count) * num_units // max(1, count)


def take(content: Any, rows: Tensor) -> Any:
    """The given rows of every tensor."""
    return nested.map_tensors(lambda tensor: tensor[rows.to(tensor.device)], content)


def rows_between(content: Any, start: int, stop: int) -> Any:
    """The rows from `start` up to `stop` of every tensor, as views."""
    return nested.map_tensors(lambda tensor: tensor[start:stop], content)
