"""`landscape-widget bench`: its tables, its files, its words when it cannot."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from landscape_widget import __main__ as command_line
from landscape_widget.bench import adaptive, command, machine, pictures
from landscape_widget.bench.cases import Case

RATES = {"matrix product": 2e9, "tiled convolution": 3e9}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's best rate is not measured."""
    monkeypatch.setattr(machine, "best_rates", lambda device: RATES)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--device=tpu", "device must be cpu, cuda or cuda:N, got 'tpu'."),
        ("--device=mps", "device must be cpu, cuda or cuda:N, got 'mps'."),
        ("--side=1", "side must be an integer of at least 2, got '1'."),
        ("--seeds=0", "seeds must be an integer of at least 1, got '0'."),
        ("--repeats=none", "repeats must be an integer of at least 1, got 'none'."),
        (
            "--parts=exact,all",
            "parts must be among exact, adaptive, pictures, growth, plans, mining, curvature, got 'all'.",
        ),
    ],
)
def test_a_wrong_option_is_named(option: str, words: str, capsys) -> None:
    with pytest.raises(SystemExit) as error:
        command_line.main(["bench", option])
    assert error.value.code == 2
    assert words in capsys.readouterr().err


def test_cuda_without_a_gpu_says_what_is_needed(monkeypatch, capsys) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        command_line.main(["bench", "--device=cuda"])
    said = " ".join(capsys.readouterr().err.split())
    assert "device must be one that torch can use here, got 'cuda'. Install a torch that was built for CUDA" in said


def test_unknown_cases_are_refused_before_anything_is_measured(capsys) -> None:
    assert command_line.main(["bench", "--cases", "mlp,vgg"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "cases must be one of 'mlp', 'cnn'" in captured.err
    assert "got 'vgg'. ResNet-20 needs --data." in captured.err


def test_a_folder_without_the_data_is_refused(tmp_path: Path, capsys) -> None:
    (tmp_path / "cifar10_small.npz").touch()
    assert command_line.main(["bench", "--data", str(tmp_path)]) == 1
    assert (
        f"data must be a folder with cifar10_small.npz and resnet20_cifar10.npz, got '{tmp_path}'."
        in capsys.readouterr().err
    )


def test_a_plot_without_matplotlib_is_refused(monkeypatch, tmp_path: Path, capsys) -> None:
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    assert command_line.main(["bench", "--plot", str(tmp_path / "a.png")]) == 1
    assert capsys.readouterr().err == (
        f"landscape-widget: matplotlib is not installed. Install it: {sys.executable} -m pip install matplotlib\n"
    )


@pytest.mark.parametrize("file", ["--json", "--plot"])
def test_a_file_that_cannot_be_written_is_named_first(file: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "gone" / "file"
    assert command_line.main(["bench", file, str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{file} must be in a folder that exists, got '{path}'." in captured.err


@pytest.mark.usefixtures("quick")
def test_bench_prints_its_tables_and_writes_its_files(tmp_path: Path, capsys) -> None:
    numbers, picture = tmp_path / "numbers.json", tmp_path / "bars.png"
    options = ["--cases=lstm", "--side=3", "--repeats=1", "--parts=exact,adaptive,plans"]
    assert command_line.main(["bench", *options, f"--json={numbers}", f"--plot={picture}"]) == 0
    captured = capsys.readouterr()
    for words in ("Exact surfaces\n", "All tools, the same surfaces\n", "Adaptive surfaces\n", "Plans:", "LSTM"):
        assert words in captured.out
    assert "exact lstm ... " in captured.err
    found = json.loads(numbers.read_text())
    (exact,) = found["exact"]
    assert found["rates"] == RATES
    assert exact["points"] == 9
    assert {"ours", "loop"} <= set(exact["seconds"])
    assert max(exact["differences"].values()) < 1e-3
    assert not exact["failures"]
    if sys.platform == "linux":
        assert exact["memory"]["ours"] >= 0
    assert [plan["plan"] for plan in found["plans"]] == ["loop", "vmap"]
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("quick")
def test_ctrl_c_ends_with_what_is_known(monkeypatch, tmp_path: Path, capsys) -> None:
    known = adaptive.AdaptiveResult("mlp", "MLP", None, 100, 1.0, 0.01, 0.002, (0.1, 2.0), "")

    def measure(case: Case, device: torch.device) -> adaptive.AdaptiveResult:
        if case.name != "mlp":
            raise KeyboardInterrupt
        return known

    monkeypatch.setattr(adaptive, "measure", measure)
    numbers = tmp_path / "numbers.json"
    options = ["--parts=adaptive,growth", f"--json={numbers}"]
    assert command_line.main(["bench", *options]) == command.STOPPED
    printed = capsys.readouterr().out
    assert "102 x" in printed
    assert "Growth" not in printed
    assert [result["name"] for result in json.loads(numbers.read_text())["adaptive"]] == ["mlp"]


@pytest.mark.usefixtures("quick")
def test_bench_prints_markdown(capsys) -> None:
    assert command_line.main(["bench", "--cases=mlp", "--parts=adaptive", "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "**Adaptive surfaces**" in lines
    assert "| --- | ---: | ---: | ---: | ---: | ---: | ---: |" in lines


def test_plans_are_compared_on_cuda_or_where_asked_for_and_mining_and_curvature_only_there() -> None:
    def parts(*words: str, device: str = "cpu") -> list[str]:
        parser = command.argparse.ArgumentParser()
        command.add_options(parser)
        options = parser.parse_args(list(words))
        options.device = torch.device(device)
        return command.chosen_parts(options)

    assert "plans" not in parts()
    assert (
        parts("--plans")
        == parts(device="cuda")
        == [part for part in command.PARTS if part not in ("mining", "curvature")]
    )
    assert parts("--parts=growth") == ["growth"]
    assert parts("--mining") == ["mining"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("options", "named"), [([], ["mlp", "cnn", "cnn-recalibrated"]), (["--cases=lstm"], ["lstm"])])
def test_full_grids_are_drawn_of_few_networks_unless_asked_for(options, named, monkeypatch, capsys) -> None:
    def measure(case: Case, device: torch.device) -> pictures.PictureResult:
        return pictures.PictureResult(case.name, case.title, case.batchnorm, 0.1, 6.0, case.full, 4e-4)

    monkeypatch.setattr(pictures, "measure", measure)
    assert command_line.main(["bench", "--parts=pictures", *options]) == 0
    captured = capsys.readouterr()
    assert [line.split()[1] for line in captured.err.splitlines()] == named
    assert captured.out.count(" 60 x ") == len(named)


def test_the_best_rate_is_measured() -> None:
    rates = machine.best_rates(torch.device("cpu"))
    assert set(rates) == {"matrix product", "tiled convolution"}
    assert all(1e7 < rate < 1e14 for rate in rates.values())


def test_the_machine_is_named() -> None:
    said = machine.describe(torch.device("cpu"))
    assert f"{torch.get_num_threads()} threads, torch {torch.__version__}, 20" in said
