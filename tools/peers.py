"""Bring the libraries that `make bench` compares with into this environment, without their own
builds of PyTorch.

They are installed beside a CPU build of torch (`tools/cpu_torch.py`), without dependencies but the
few small packages that importing them takes. What cannot be had is not measured.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools import cpu_torch  # noqa: E402

# What is imported -> what is installed for it.
PEERS = {
    "spikingjelly": ("spikingjelly", "loguru"),
    "snntorch": ("snntorch",),
    "norse": ("norse", "nir", "nirtorch", "h5py"),
}


def main():
    """Install what is missing; always 0, for the benchmarks run without peers too."""
    if cpu_torch.main() != 0:
        return 0
    for name, packages in PEERS.items():
        if importlib.util.find_spec(name) is None:
            print(f"Installing {name}, to be compared with.")
            command = [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--retries",
                "1",
                *packages,
            ]
            if subprocess.run(command, capture_output=True).returncode != 0:
                print(f"{name} cannot be installed here, so it is not measured.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
