"""Check what `make dist` has built: the contents of wheel and sdist, and that the wheel works in a
fresh environment, from an empty folder, with no checkout near.

python -m tools.distribution dist
"""

import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMOKE = Path(__file__).with_name("smoke.py")
# What a wheel must hold besides its modules, and the folders that are no part of it.
NEEDED = (
    "refsnn/__init__.py",
    "refsnn/py.typed",
    "refsnn/refsnn.mplstyle",
    "refsnn/datasets/digits.npz",
    "refsnn/datasets/digits.LICENCE.md",
    "refsnn/datasets/catalogue.toml",
)
# What a source distribution must hold: everything that the tests and the book need.
SOURCES = (
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "refsnn/py.typed",
    "tests/conftest.py",
    "chapters/00_tour.md",
    "figures/gallery.py",
    "studies/runner.py",
    "docs/conf.py",
)


def wheel_problems(names):
    """Return what is wrong with the names of the files in a wheel, as sentences."""
    top = {name.split("/")[0] for name in names}
    strangers = sorted(name for name in top if name != "refsnn" and not name.endswith(".dist-info"))
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "refsnn").rglob("*.py")} - set(
        names
    )
    return [
        *(f"the wheel lacks {name}" for name in sorted({*NEEDED} - set(names) | modules)),
        *(f"the wheel holds {name}, which is not the library" for name in strangers),
    ]


def source_problems(names):
    """Return what is wrong with the names of the files in a source distribution."""
    below = {name.partition("/")[2] for name in names}
    return [f"the source distribution lacks {name}" for name in SOURCES if name not in below]


def works(wheel):
    """Install a wheel into a fresh environment and use it from an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "venv"
        venv.create(place, with_pip=True)
        python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
        empty = Path(folder) / "empty"
        empty.mkdir()

        # -I: neither this folder nor anything of the checkout is on the path.
        for command in (["-m", "pip", "install", *quiet, str(wheel.resolve())], ["-I", SMOKE]):
            if subprocess.run([python, *command], cwd=empty).returncode != 0:
                return False
    return True


def main(folder):
    """Check what was built; print what is wrong and return the exit status."""
    (wheel,), (source,) = sorted(Path(folder).glob("*.whl")), sorted(Path(folder).glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        problems = wheel_problems(archive.namelist())
    with tarfile.open(source) as archive:
        problems += source_problems(archive.getnames())
    if not problems and not works(wheel):
        problems.append("the wheel does not work in an empty folder; the message is above")

    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
