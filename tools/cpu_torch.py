"""See that a CPU build of PyTorch can be imported from this environment, and never download
another.

Where torch is not installed, a wheel that pip finds without an index (in a folder that its
configuration or PIP_FIND_LINKS names) is taken if it asks for no GPU libraries. An index is never
asked for torch: on Linux its plain wheel brings several gigabytes of CUDA libraries along.
"""

import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

HOW = (
    "PyTorch is not installed in .venv; get a CPU build with the command that its 'Get started' "
    "page shows for pip and CPU, run as .venv/bin/python -m pip ..., and try again."
)
GPU_LIBRARIES = ("nvidia", "cuda", "triton", "pytorch-triton", "rocm", "intel-")


def asks_for_a_gpu(wheel):
    """Whether the wheel's metadata requires a GPU library under any condition but an extra."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    required = [r.lower() for r in metadata.get_all("Requires-Dist", []) if "extra ==" not in r]
    return any(r.startswith(GPU_LIBRARIES) for r in required)


def main():
    """Return 0 when torch can be imported afterwards; otherwise say how to get it and return 1."""
    if importlib.util.find_spec("torch") is not None:
        return 0
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as folder:
        local = [
            "download",
            "--no-index",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            folder,
            "torch>=2.3",
        ]
        found = subprocess.run(pip + local, capture_output=True).returncode == 0
        wheels = [w for w in Path(folder).glob("*.whl") if found and not asks_for_a_gpu(w)]
        if not wheels:
            print(HOW, file=sys.stderr)
            return 1
        print(f"Installing {wheels[0].name}, found on this machine.")
        return subprocess.run([*pip, "install", str(wheels[0])]).returncode


if __name__ == "__main__":
    sys.exit(main())
