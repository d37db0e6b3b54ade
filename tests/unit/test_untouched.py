"""The user's model and the process are the same after as before (promise 1)."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import landscape_widget as lw
from networks import cnn, images, vectors


def state_of(model: nn.Module) -> dict[str, object]:
    """Everything about a model that must not change, bytes included."""
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {
        "bytes": {name: t.detach().numpy().tobytes() for name, t in tensors.items()},
        "versions": {name: t._version for name, t in tensors.items()},
        "storages": {name: t.data_ptr() for name, t in tensors.items()},
        "grads": {
            name: None if p.grad is None else p.grad.clone().numpy().tobytes() for name, p in model.named_parameters()
        },
        "flags": {name: p.requires_grad for name, p in model.named_parameters()},
        "modes": [module.training for module in model.modules()],
        "hooks": [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in model.modules()],
        "attributes": [sorted(vars(module)) for module in model.modules()],
    }


def random_states() -> tuple[object, ...]:
    python, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    return python, numpy_state[1].tobytes(), numpy_state[2], torch.get_rng_state().numpy().tobytes()


def user_model() -> nn.Module:
    """In training mode, with a frozen layer, a gradient and a hook that changes nothing."""
    model = cnn().train()
    model[0].weight.requires_grad_(False)
    model[8].weight.grad = torch.ones_like(model[8].weight)
    model[2].register_forward_hook(lambda *_: None)
    return model


def use_everything(landscape: lw.Landscape) -> None:
    d, e = landscape.directions.gaussian(), landscape.directions.gradient()
    landscape.check()
    landscape.curve(d, exact=True, points=3)
    landscape.surface(d, e, exact=True, points=(3, 2))
    landscape.mine("w-peak", steps=2)


@pytest.fixture
def model():
    return user_model()


def test_nothing_of_the_model_or_the_process_changes(model):
    loader = DataLoader(TensorDataset(*images(40)), batch_size=9, shuffle=True)
    before, states, threads = state_of(model), random_states(), torch.get_num_threads()
    grad_mode, dtype = torch.is_grad_enabled(), torch.get_default_dtype()
    use_everything(lw.Landscape(model, F.cross_entropy, loader, splits={"test": images(12)}))
    assert state_of(model) == before
    assert random_states() == states
    assert (torch.get_num_threads(), torch.is_grad_enabled(), torch.get_default_dtype()) == (threads, grad_mode, dtype)


def test_the_data_are_not_changed():
    x, y = images(40)
    before = (x.clone(), y.clone(), x.stride())
    use_everything(lw.Landscape(cnn(), F.cross_entropy, (x, y)))
    assert torch.equal(x, before[0])
    assert torch.equal(y, before[1])
    assert x.stride() == before[2]


def test_nothing_changes_after_an_exception_in_the_loss(model):
    calls = []

    def loss(outputs, targets):
        calls.append(1)
        if len(calls) > 12:
            raise RuntimeError("the user's own error")
        return F.cross_entropy(outputs, targets)

    before, states = state_of(model), random_states()
    with pytest.raises(RuntimeError, match="the user's own error"):
        use_everything(lw.Landscape(model, loss, images(40)))
    assert state_of(model) == before
    assert random_states() == states


def test_nothing_changes_after_an_interrupt_and_the_landscape_still_works(model):
    landscape = lw.Landscape(model, F.cross_entropy, images(40))
    d = landscape.directions.gaussian()
    expected = landscape.curve(d, exact=True, points=5).losses
    before, states = state_of(model), random_states()

    def interrupt(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        landscape.curve(d, exact=True, points=5, progress=interrupt)
    assert state_of(model) == before
    assert random_states() == states
    np.testing.assert_array_equal(landscape.curve(d, exact=True, points=5).losses, expected)


def test_an_interrupt_while_mining_keeps_what_there_is():
    landscape = lw.Landscape(cnn(), F.cross_entropy, images(40))

    def interrupt(done: int, _total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted after 3 steps; the result holds what there is"):
        result = landscape.mine("w-peak", steps=50, progress=interrupt)
    assert len(result.history["step"]) == 3


def test_buffers_that_the_forward_pass_writes_are_put_back_in_the_copy():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(5, 3).double()
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x):
            self.calls += 1
            return self.body(x) + 0 * self.calls

    model = Counting().eval()
    landscape = lw.Landscape(model, F.cross_entropy, vectors(9))
    landscape.curve(landscape.directions.gaussian(), exact=True, points=3)
    assert float(model.calls) == 0
    assert float(landscape._objective.module.calls) == 0


def test_hooks_of_the_user_run_only_while_the_landscape_is_made():
    calls: list[int] = []
    model = cnn()
    model[2].register_forward_hook(lambda *_: calls.append(1))
    landscape = lw.Landscape(model, F.cross_entropy, images(40))
    num_calls = len(calls)
    landscape.curve(landscape.directions.gaussian(), exact=True, points=9)
    assert len(calls) == num_calls <= 4
    assert "1 hooks of yours were left out" in str(landscape.check())


def test_a_cuda_free_process_stays_free_of_cuda():
    lw.Landscape(cnn(), F.cross_entropy, images(12)).center_loss  # noqa: B018
    assert not torch.cuda.is_initialized()
