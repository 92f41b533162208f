"""The tools behind `make parity` and `make book` notice what they are there to notice."""

import subprocess
import sys
import zipfile

import pytest

from tools import book_offline, cpu_torch, peers


@pytest.fixture
def wheel(tmp_path):
    """Make a wheel of torch whose metadata has the given requirements."""

    def make(*requirements):
        path = tmp_path / "torch-2.9.0-py3-none-any.whl"
        lines = [
            "Metadata-Version: 2.1",
            "Name: torch",
            "Version: 2.9.0",
            *(f"Requires-Dist: {r}" for r in requirements),
        ]
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "torch-2.9.0.dist-info/METADATA", "\n".join(lines) + "\n\nnvidia is praised here\n"
            )
        return path

    return make


def test_a_cpu_wheel_of_torch_is_recognised(wheel):
    assert not cpu_torch.asks_for_a_gpu(
        wheel("filelock", "sympy>=1.13", 'optree>=0.13; extra == "optree"')
    )


@pytest.mark.parametrize(
    "requirement",
    [
        'nvidia-cudnn-cu12==9.1.0.70; platform_system == "Linux" and platform_machine == "x86_64"',
        'triton==3.5.0; platform_system == "Linux"',
        "cuda-toolkit[cublas]==13.0.2",
        "pytorch-triton-rocm==3.4.0",
    ],
)
def test_a_gpu_wheel_of_torch_is_refused(wheel, requirement):
    assert cpu_torch.asks_for_a_gpu(wheel("filelock", requirement))


def test_without_torch_and_without_a_wheel_one_sentence_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(cpu_torch.importlib.util, "find_spec", lambda name: None)
    asked = []

    def nothing_found(command, **options):
        asked.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(cpu_torch.subprocess, "run", nothing_found)
    assert cpu_torch.main() == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "CPU build" in message
    assert all("--no-index" in command for command in asked) and asked[0][0] == sys.executable


def test_a_wheel_for_a_gpu_is_never_installed(monkeypatch, wheel, capsys):
    monkeypatch.setattr(cpu_torch.importlib.util, "find_spec", lambda name: None)
    asked = []

    def gpu_wheel_found(command, **options):
        asked.append(command)
        folder = cpu_torch.Path(command[command.index("--dest") + 1])
        (folder / "torch-2.9.0.whl").write_bytes(wheel("nvidia-nccl-cu12").read_bytes())
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(cpu_torch.subprocess, "run", gpu_wheel_found)
    assert cpu_torch.main() == 1
    assert len(asked) == 1 and "download" in asked[0]
    assert "CPU build" in capsys.readouterr().err


PAGE = """<html><head><link rel="stylesheet" href="style.css"><link rel="canonical" href="https://example.org/">
{head}</head>
<body><a href="https://example.org/paper">a paper</a>
<img src="data:image/png;base64,AA=="></body></html>"""


@pytest.fixture
def book(tmp_path):
    """A built book of one page and one style, to which a line of its head can be added."""

    def make(head="", style="body { color: black }"):
        (tmp_path / "index.html").write_text(PAGE.format(head=head))
        (tmp_path / "style.css").write_text(style)
        return str(tmp_path)

    return make


def test_missing_peers_are_installed_beside_torch_without_what_they_ask_for(monkeypatch, capsys):
    """Nothing is installed without torch; with it, what is missing, and what cannot be had is said
    and no error.
    """
    asked = []

    def fails_for_norse(command, **options):
        asked.append(command)
        return subprocess.CompletedProcess(command, int("norse" in command))

    monkeypatch.setattr(peers.subprocess, "run", fails_for_norse)
    monkeypatch.setattr(
        peers.importlib.util, "find_spec", lambda name: None if name != "snntorch" else object()
    )
    monkeypatch.setattr(peers.cpu_torch, "main", lambda: 1)
    assert peers.main() == 0 and not asked
    monkeypatch.setattr(peers.cpu_torch, "main", lambda: 0)
    assert peers.main() == 0
    assert [command[command.index("install") :][-1] for command in asked] == ["loguru", "h5py"]
    assert all("--no-deps" in command and command[0] == sys.executable for command in asked)
    assert capsys.readouterr().err == "norse cannot be installed here, so it is not measured.\n"


def test_links_to_other_places_are_no_loads(book, capsys):
    assert book_offline.main(book()) == 0
    assert capsys.readouterr().out.startswith("1 pages, complete without a network")


@pytest.mark.parametrize(
    "head",
    [
        '<script src="https://example.org/mathjax.js"></script>',
        '<script src="//example.org/mathjax.js"></script>',
        '<link rel="preload stylesheet" href="http://example.org/font.css">',
        '<img src="https://example.org/badge.svg">',
        '<script src="gone.js?v=1"></script>',
    ],
)
def test_a_page_that_loads_from_elsewhere_or_lacks_a_file_is_seen(book, head):
    assert book_offline.main(book(head)) == 1


@pytest.mark.parametrize(
    "style", ["@import 'https://example.org/a.css';", "a { background: url(//example.org/a.png) }"]
)
def test_a_style_that_loads_from_elsewhere_is_seen(book, style):
    assert book_offline.main(book(style=style)) == 1


def test_an_empty_folder_is_no_book(tmp_path):
    assert book_offline.main(str(tmp_path)) == 1
