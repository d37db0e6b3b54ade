"""Directions to other models, from vectors and from state dicts; what does not fit is named."""

from __future__ import annotations

import builtins
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from directions_cases import Case, Lora, Tied, mixed_model, two_layers


def assert_leads_to(case: Case, other: Any, target: nn.Module) -> None:
    """Alpha = 1 along `to(other)` is the target."""
    expected = case.space.flatten(dict(target.named_parameters()))
    direction = case.directions.to(other)
    torch.testing.assert_close(case.center + direction.vector, expected, rtol=1e-6, atol=1e-6)
    assert direction.default_span == (-0.5, 1.5)
    assert direction.normalization == "none"


def test_the_label_names_the_model_inside_its_wrappers() -> None:
    other = nn.DataParallel(torch.compile(two_layers(8), backend="eager"))
    assert Case(two_layers()).directions.to(other).label == "to Sequential"


@pytest.mark.parametrize(
    "form",
    [
        lambda m: m,
        nn.DataParallel,
        lambda m: torch.compile(m, backend="eager"),
        lambda m: nn.DataParallel(torch.compile(m, backend="eager")),
        lambda m: m.state_dict(),
        lambda m: nn.DataParallel(m).state_dict(),
        lambda m: {f"module._orig_mod.{k}": v for k, v in m.state_dict().items()},
        lambda m: {"epoch": 3, "state_dict": m.state_dict()},
        lambda m: list(m.parameters()),
        lambda m: tuple(m.parameters()),
        lambda m: m.double(),
    ],
)
def test_to_takes_a_model_in_every_form(form: Any) -> None:
    other = two_layers(8)
    assert_leads_to(Case(two_layers()), form(other), two_layers(8))


def test_a_landscape_with_wrapped_names_takes_plain_ones() -> None:
    other = two_layers(8)
    case = Case(nn.DataParallel(two_layers()))
    torch.testing.assert_close(case.directions.to(other).vector, Case(two_layers()).directions.to(other).vector)


def test_to_reads_files(tmp_path: Path) -> None:
    other, case = two_layers(8), Case(two_layers())
    torch.save(other.state_dict(), tmp_path / "other.pt")
    torch.save({"model": other.state_dict(), "epoch": 2}, tmp_path / "whole.pt")
    torch.save(list(other.parameters()), tmp_path / "list.pt")
    save_file(other.state_dict(), tmp_path / "other.safetensors")
    for name in ("other.pt", "whole.pt", "list.pt", "other.safetensors"):
        assert_leads_to(case, tmp_path / name, other)
    assert_leads_to(case, str(tmp_path / "other.pt"), other)
    direction = case.directions.to(tmp_path / "other.pt")
    assert direction.source == {"kind": "to", "other": "other.pt"}
    assert direction.label == "to other.pt"


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    directions = Case(two_layers()).directions
    with pytest.raises(FileNotFoundError, match=r"other must be a file with weights, got .*no\.pt'\. There is no"):
        directions.to(tmp_path / "no.pt")
    (tmp_path / "text.pt").write_text("hello")
    torch.save(two_layers(8), tmp_path / "pickled.pt")
    for name in ("text.pt", "pickled.pt"):
        text = rf"a file that torch\.load\(weights_only=True\) can read, got '{name}'\. Save the weights"
        with pytest.raises(ValueError, match=text):
            directions.to(tmp_path / name)
    (tmp_path / "broken.safetensors").write_bytes(b"12345678901234567890")
    with pytest.raises(ValueError, match=r"other must be a whole \.safetensors file, got 'broken\.safetensors'"):
        directions.to(tmp_path / "broken.safetensors")
    torch.save(3.5, tmp_path / "number.pt")
    with pytest.raises(TypeError, match=r"other must be a file with a state dict or a list of tensors, got .*float"):
        directions.to(tmp_path / "number.pt")


def test_a_saved_direction_is_no_model(tmp_path: Path) -> None:
    directions = Case(two_layers()).directions
    directions.gaussian().save(tmp_path / "d.npz")
    with pytest.raises(ValueError, match=r"A saved direction is read by landscape\.directions\.load\(path\)"):
        directions.to(tmp_path / "d.npz")


def test_a_missing_safetensors_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(two_layers(8).state_dict(), tmp_path / "other.safetensors")
    real_import = builtins.__import__

    def without_safetensors(name: str, *args: Any) -> Any:
        if name.startswith("safetensors"):
            raise ImportError(name)
        return real_import(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_safetensors)
    with pytest.raises(ImportError, match=r"got 'other\.safetensors'\. .* pip install safetensors"):
        Case(two_layers()).directions.to(tmp_path / "other.safetensors")


def test_missing_extra_and_wrongly_shaped_keys_are_named() -> None:
    directions, state = Case(two_layers()).directions, two_layers(8).state_dict()
    less = {key: value for key, value in state.items() if key != "2.bias"}
    with pytest.raises(ValueError, match=r"other must be complete, got 1 missing: 2\.bias\. It must be of the same"):
        directions.to(less)
    with pytest.raises(ValueError, match=r"other must be only the model's names, got 1 extra: 4\.weight\."):
        directions.to(state | {"4.weight": torch.ones(2)})
    with pytest.raises(ValueError, match=r"got 1 wrongly shaped: 0\.weight \(4, 3\) instead of \(3, 4\)\."):
        directions.to(state | {"0.weight": torch.ones(4, 3)})
    with pytest.raises(ValueError, match=r"got 7 extra: a0, a1, a2, a3, a4, \.\.\. and 2 more\."):
        directions.to(state | {f"a{i}": torch.ones(1) for i in range(7)})
    with pytest.raises(ValueError, match=r"other must be with data, got 1 on meta or not initialised: 2\.bias\."):
        directions.to(state | {"2.bias": torch.ones(2, device="meta")})


def test_lists_of_another_length_and_other_things_are_refused() -> None:
    directions = Case(two_layers(), "0.*").directions
    with pytest.raises(ValueError, match=r"one tensor for each of the 2 parameters that move \(or of all 4\), got 3\."):
        directions.to(list(two_layers(8).parameters())[:3])
    for odd in (3, None, [1, 2]):
        with pytest.raises(TypeError, match=r"other must be a module, a state dict, a path or a list of tensors, got"):
            directions.to(odd)
    with pytest.raises(TypeError, match=r"other must be a state dict \(name -> tensor\), got 'lr': float\. Pass model"):
        directions.to({"lr": 0.1})
    with pytest.raises(TypeError, match=r"other must be a state dict \(name -> tensor\), got an empty dict\."):
        directions.to({})


def test_the_same_model_and_weights_that_are_not_finite_are_refused() -> None:
    directions, state = Case(two_layers()).directions, two_layers(8).state_dict()
    with pytest.raises(ValueError, match=r"other minus the centre must be non-zero somewhere.*two models are the same"):
        directions.to(two_layers())
    with pytest.raises(ValueError, match=r"other must be finite, got 2 entries that are NaN or inf\."):
        directions.to(state | {"2.bias": torch.tensor([float("nan"), float("inf")])})


def test_parameters_that_do_not_move_stay_and_are_counted() -> None:
    case = Case(two_layers(), "2.*")
    with pytest.warns(UserWarning, match=r"2 of the other model's parameters differ .* stay at the centre") as caught:
        direction = case.directions.to(two_layers(8))
    assert caught[0].filename == __file__
    assert direction.vector.shape == (8,)


def test_a_state_dict_of_only_what_moves_is_enough() -> None:
    other = {key: value for key, value in two_layers(8).state_dict().items() if key.startswith("2.")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        direction = Case(two_layers(), "2.*").directions.to(other)
    assert direction.vector.shape == (8,)


def test_running_statistics_of_the_other_model_warn_in_frozen_mode_only() -> None:
    other = mixed_model()
    other["norm"].running_mean.add_(1)
    with torch.no_grad():
        other["linear"].weight.add_(1)
    text = r"running statistics are not part of the direction.*Use batchnorm=\"recalibrate\""
    with pytest.warns(UserWarning, match=text):
        Case(mixed_model(), batchnorm="frozen").directions.to(other)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Case(mixed_model(), batchnorm="recalibrate").directions.to(other)


@pytest.mark.parametrize("kept", [("words.weight", "head.weight"), ("head.weight",), ("words.weight",)])
def test_tied_parameters_are_found_under_any_of_their_names(kept: tuple[str, ...]) -> None:
    other = Tied(seed=4)
    state = {k: v for k, v in sorted(other.state_dict().items()) if k in kept or k == "head.bias"}
    assert_leads_to(Case(Tied()), state, other)


def test_parameters_untied_in_the_other_model_warn_and_the_first_name_counts() -> None:
    other, case = Tied(seed=4), Case(Tied())
    state = {**other.state_dict(), "head.weight": torch.ones(6, 3)}
    with pytest.warns(UserWarning, match=r"1 parameters that are tied in this model are not in the other"):
        direction = case.directions.to(dict(sorted(state.items())))
    moved = case.space.split(direction.vector)["words.weight"]
    torch.testing.assert_close(moved, (other.words.weight - case.model.words.weight).detach())


def test_a_fresh_lora_factor_can_be_left_towards_a_trained_one() -> None:
    other = Lora()
    with torch.no_grad():
        other.lora_b.fill_(0.5)
    direction = Case(Lora(), "lora_*").directions.to(other)
    torch.testing.assert_close(direction.vector, torch.cat([torch.zeros(8), torch.full((6,), 0.5)]))


def test_a_half_precision_model_is_left_in_float32() -> None:
    case = Case(two_layers().bfloat16())
    direction = case.directions.to(two_layers(8))
    assert direction.vector.dtype == torch.float32
    expected = torch.cat([p.detach().reshape(-1) for p in two_layers(8).parameters()]) - case.center
    torch.testing.assert_close(direction.vector, expected, rtol=0, atol=0)


def test_to_reads_and_changes_nothing_else() -> None:
    model, other = two_layers(), two_layers(8)
    before = [p.clone() for p in (*model.parameters(), *other.parameters())]
    direction = Case(model).directions.to(list(other.parameters()))
    direction.vector.zero_()
    for then, now in zip(before, (*model.parameters(), *other.parameters()), strict=True):
        assert torch.equal(then, now)


def test_from_vector_copies_and_never_rescales() -> None:
    case, vector = Case(two_layers()), torch.arange(23.0)
    direction = case.directions.from_vector(vector)
    vector.zero_()
    torch.testing.assert_close(direction.vector, torch.arange(23.0), rtol=0, atol=0)
    assert direction.source == {"kind": "vector"}
    assert Case(two_layers().double()).directions.from_vector(torch.arange(23.0)).vector.dtype == torch.float64


def test_vectors_that_do_not_fit_are_refused() -> None:
    directions = Case(two_layers()).directions
    text = r"vector must be a tensor of shape \[P\] with P=23, the number of weights that move, got \(1, 23\)\."
    with pytest.raises(ValueError, match=text):
        directions.from_vector(torch.ones(1, 23))
    with pytest.raises(TypeError, match=r"vector must be a real tensor of shape \[P\], got .*list.*torch\.as_tensor"):
        directions.from_vector([1.0] * 23)
    with pytest.raises(TypeError, match=r"vector must be a real tensor of shape \[P\], got torch\.complex64\."):
        directions.from_vector(torch.ones(23, dtype=torch.complex64))
    with pytest.raises(ValueError, match=r"vector must be finite, got 1 entries"):
        directions.from_vector(torch.cat([torch.ones(22), torch.tensor([float("inf")])]))
    with pytest.raises(ValueError, match=r"direction must be non-zero somewhere.*Choose another source"):
        directions.from_vector(torch.zeros(23))


def test_from_state_dict_takes_the_entries_themselves_by_name_or_in_order() -> None:
    case, other = Case(two_layers()), two_layers(8)
    expected = case.space.flatten(dict(other.named_parameters()))
    reordered = dict(reversed(list(other.state_dict().items())))
    for given in (other.state_dict(), reordered, list(other.parameters())):
        torch.testing.assert_close(case.directions.from_state_dict(given).vector, expected, rtol=0, atol=0)


def test_from_state_dict_warns_of_entries_that_do_not_move() -> None:
    case, state = Case(two_layers(), "2.*"), two_layers(8).state_dict()
    with pytest.warns(UserWarning, match=r"2 of the given tensors belong to parameters that do not move"):
        case.directions.from_state_dict(state)
    quiet = {key: value * (key[0] == "2") for key, value in state.items()}
    assert case.directions.from_state_dict(quiet).vector.any()


def test_from_state_dict_refuses_models_and_names_keys() -> None:
    directions, state = Case(two_layers()).directions, two_layers(8).state_dict()
    with pytest.raises(TypeError, match=r"state_dict must be a dict name -> tensor, or a list of tensors, got"):
        directions.from_state_dict(two_layers(8))
    del state["0.bias"]
    with pytest.raises(ValueError, match=r"state_dict must be complete, got 1 missing: 0\.bias\."):
        directions.from_state_dict(state)
