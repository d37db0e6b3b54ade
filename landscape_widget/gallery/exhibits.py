"""What hangs in the gallery: the kind, the words, and the Python that makes it, which is what is run."""

from __future__ import annotations

from dataclasses import dataclass

PREFACE = "import landscape_widget as lw\n\n"


@dataclass(frozen=True)
class Exhibit:
    """One picture.

    Attributes:
        name: Of its file; one word for each.
        kind: That it must show.
        words: What it is, one sentence.
        code: Python that ends with `curve`, `surface` or `recipe`; it may also leave `mined`.
        checkpoint: Of the demo; the code finds its landscape as `landscape`.
    """

    name: str
    kind: str
    words: str
    code: str
    checkpoint: str = "final"

    @property
    def python(self) -> str:
        """The code with what comes before it, to be run anywhere."""
        asked = "" if self.checkpoint == "final" else f'"{self.checkpoint}"'
        return f"{PREFACE}landscape = lw.demo({asked})\n{self.code}"


def _to(name: str, span: str = "") -> str:
    return f'd = landscape.directions.to(lw.demo_model("{name}"))\ncurve = landscape.curve(d{span})'


def _mined(kind: str, more: str = "") -> str:
    return f'mined = landscape.mine("{kind}"{more})\ncurve = mined.curve()'


CURVES = (
    Exhibit(
        "gaussian",
        "v-basin",
        "Random noise, each filter as long as the network's own: one valley, with the network at its bottom. Almost "
        "every random direction looks like this.",
        "d = landscape.directions.gaussian(seed=0)\ncurve = landscape.curve(d)",
    ),
    Exhibit(
        "initialisation",
        "v-basin",
        "Back to where training began (alpha = 1): the loss rises to a plateau at the loss of guessing.",
        _to("initial"),
    ),
    Exhibit(
        "on-the-way",
        "monotone",
        "The same between the two networks only: training seen along a straight line, without a hill.",
        _to("initial", ", span=(0, 1)"),
    ),
    Exhibit(
        "downhill",
        "v-side",
        "Downhill, after one epoch of training: the network stands on the side of a valley.",
        "d = landscape.directions.gradient()\ncurve = landscape.curve(d, span=0.1)",
        "early",
    ),
    Exhibit(
        "downhill-trained",
        "v-basin",
        "Downhill again, from the trained network: a narrow valley, for the gradient points where the loss is steep.",
        "d = landscape.directions.gradient()\ncurve = landscape.curve(d, span=0.2)",
    ),
    Exhibit(
        "another-network",
        "w-basin",
        "To a network from another seed (alpha = 1): two valleys with a barrier between them.",
        _to("seed-1"),
    ),
    Exhibit(
        "between-networks",
        "peak",
        "The same between the two networks only: no valley has its bottom inside the span.",
        _to("seed-1", ", span=(0, 1)"),
    ),
    Exhibit(
        "sign-flip",
        "w-basin",
        "To a copy with half of its filters negated, which computes the same: symmetric about alpha = 1/2.",
        "d = landscape.directions.sign_flip()\ncurve = landscape.curve(d)",
    ),
    Exhibit(
        "permutation",
        "w-basin",
        "To a copy with its channels permuted, which computes the same: two valleys of equal depth.",
        "d = landscape.directions.permutation()\ncurve = landscape.curve(d)",
    ),
    Exhibit(
        "passing-through",
        "w-side",
        "From the second epoch to that other network: two valleys, and the network on the side of one.",
        _to("seed-1"),
        "epoch-2",
    ),
    Exhibit(
        "shifted-outputs",
        "flat",
        "The same number added to all ten outputs: the softmax does not see it.",
        "weights = lw.demo_model().named_parameters()\n"
        'shift = {name: 0 * tensor + (name == "linear.bias") for name, tensor in weights}\n'
        "d = landscape.directions.from_state_dict(shift)\n"
        "curve = landscape.curve(d, exact=True, points=21)",
        "early",
    ),
    Exhibit(
        "w-peak",
        "w-peak",
        "Mined after one epoch of training: a valley on either side, the network on the barrier between them.",
        _mined("w-peak"),
        "early",
    ),
    Exhibit(
        "vvv-basin",
        "vvv-basin",
        "Mined at the trained network: it lies in the middle one of three valleys.",
        _mined("vvv-basin"),
    ),
    Exhibit("n-valley", "n-valley", "Mined: four valleys in a row.", _mined("n-valley", ", n=4")),
)


def _recipe(name: str, kind: str, words: str, checkpoint: str = "final") -> Exhibit:
    return Exhibit(f"recipe-{name}", kind, words, f'recipe = landscape.recipe("{name}")', checkpoint)


RECIPES = (
    _recipe("bowl", "bowl", "Two random directions."),
    _recipe("flank", "slope", "A random direction and downhill, after one epoch of training.", "early"),
    _recipe("trough", "two-basins", "To a permuted copy, and a random direction."),
    _recipe("three-basins", "three-basins", "To two permuted copies: the network and both of them are basins."),
    _recipe("saddle", "saddle", "A mined w-peak and a random direction.", "early"),
    _recipe("wine-bottle", "wine-bottle", "A mined plane: a hill, a moat around it, and a wall.", "early"),
    _recipe("three-in-a-row", "three-basins", "A mined vvv-basin and a random direction."),
)
SECTIONS = {"Curves": CURVES, "Surfaces": RECIPES}
