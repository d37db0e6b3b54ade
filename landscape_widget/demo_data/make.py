"""Make the demo's data and checkpoints again: `python -m landscape_widget.demo_data.make` (two minutes).

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

from landscape_widget.demo import Block, DeepNetwork, digits, network

FOLDER = Path(__file__).parent
EPOCHS = 15
PAIR_EPOCHS = 40
BATCH = 64
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


def train_deep(name: str, *, skips: bool) -> None:
    """Train one of the deep pair; the two have the same recipe, seed and order of batches."""
    torch.manual_seed(0)
    model = DeepNetwork(skips=skips)
    initialise(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002, weight_decay=0.01)
    num_steps = PAIR_EPOCHS * -(-NUM_TRAIN // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.002, total_steps=num_steps, pct_start=0.2)
    for _ in range(PAIR_EPOCHS):
        one_epoch(model, optimizer, schedule)
    save(model, {PAIR_EPOCHS: name}, PAIR_EPOCHS)


def initialise(model: DeepNetwork) -> None:
    """He's weights, without which no signal passes 21 layers; blocks with a skip start as the identity."""
    for part in model.modules():
        if isinstance(part, nn.Conv2d) and part.bias is not None:
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            nn.init.zeros_(part.bias)
    for part in model.modules():
        if isinstance(part, Block) and part.skips:
            nn.init.zeros_(part.conv2.weight)


def one_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
) -> None:
    """One pass over the training part in shuffled batches; with a schedule, gradients are clipped too."""
    inputs, targets = digits("train")
    model.train()
    for batch in torch.split(torch.randperm(len(inputs)), BATCH):
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(model(inputs[batch]), targets[batch]))
        if schedule is not None:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if schedule is not None:
            schedule.step()


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
    train_deep("skip", skips=True)
    train_deep("no-skip", skips=False)


if __name__ == "__main__":
    main()
