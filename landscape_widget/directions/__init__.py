"""Where to look: noise, gradients, other models, mixing."""

from landscape_widget.directions.direction import Direction, home_of
from landscape_widget.directions.factory import Directions
from landscape_widget.directions.files import from_record, load
from landscape_widget.directions.fitting import fitted
from landscape_widget.directions.home import Home
from landscape_widget.directions.mixing import Axes, mix
from landscape_widget.directions.model_state import ModelState

__all__ = [
    "Axes",
    "Direction",
    "Directions",
    "Home",
    "ModelState",
    "fitted",
    "from_record",
    "home_of",
    "load",
    "mix",
]
