"""Make the demo's data and checkpoints again: `python -m landscape_widget.demo_data.make` (half a minute).

Needs scikit-learn, which carries the digits. Another torch version or processor rounds differently, so the
weights come out the same in kind, not in bits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from landscape_widget.demo import digits, network

FOLDER = Path(__file__).parent
EPOCHS = 15
NUM_TRAIN = 1297
ALONG = {1: "early", 2: "epoch-2", 3: "epoch-3", 5: "epoch-5", 8: "epoch-8", 11: "epoch-11", EPOCHS: "final"}


def write_digits() -> None:
    """Shuffle UCI optdigits with seed 0 and save a training and a test part."""
    from sklearn.datasets import load_digits  # not a dependency: only this script needs it

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    images = images[order].reshape(-1, 8, 8).astype(np.uint8)
    labels = labels[order].astype(np.uint8)
    np.savez_compressed(
        FOLDER / "digits.npz",
        train_images=images[:NUM_TRAIN],
        train_labels=labels[:NUM_TRAIN],
        test_images=images[NUM_TRAIN:],
        test_labels=labels[NUM_TRAIN:],
    )


def train(seed: int, names: dict[int, str]) -> None:
    """Train from one seed, saving the epochs in `names` (0: before training)."""
    torch.manual_seed(seed)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    save(model, names, 0)
    for epoch in range(1, EPOCHS + 1):
        one_epoch(model, optimizer)
        save(model, names, epoch)


def one_epoch(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """One pass over the training part in shuffled batches of 64."""
    inputs, targets = digits("train")
    model.train()
    for batch in torch.split(torch.randperm(len(inputs)), 64):
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(model(inputs[batch]), targets[batch]))
        optimizer.step()


def save(model: nn.Module, names: dict[int, str], epoch: int) -> None:
    """Save weights and running statistics where this epoch has a name, and print the losses."""
    if epoch not in names:
        return
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    np.savez_compressed(FOLDER / f"{names[epoch]}.npz", **state)
    losses = {part: batch_statistics_loss(model, part) for part in ("train", "test")}
    sys.stdout.write(f"{names[epoch]:>9}  train {losses['train']:.4f}  test {losses['test']:.4f}\n")


def batch_statistics_loss(model: nn.Module, part: str) -> float:
    """Loss of a part with its own statistics in every BatchNorm; the running statistics stay as they were."""
    kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    inputs, targets = digits(part)
    model.train()
    with torch.no_grad():
        loss = F.cross_entropy(model(inputs), targets).item()
    model.load_state_dict(kept)
    return loss


def main() -> None:
    """Write the digits, then all checkpoints."""
    torch.set_num_threads(1)  # sums in one order: the same weights on every run
    write_digits()
    train(0, {0: "initial", **ALONG})
    train(1, {EPOCHS: "seed-1"})
    train(2, {EPOCHS: "seed-2"})


if __name__ == "__main__":
    main()
