"""The datasets refsnn can load: what each is, where its files lie, and how they are fetched."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from refsnn import validate

PathLike = str | os.PathLike
DIGITS_FILE = Path(__file__).with_name("digits.npz")
IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True)
class Source:
    """One dataset: what it is, whom to cite, and where its files come from.

    The loader reads `files` in the folder `data_home/folder`, or in `system_folder` if none is
    there. What is missing is downloaded from `site`, or unpacked from the one `archive` that holds
    it; `checksums` has the SHA-256 of what is there. What has no checksums is got by hand from
    `page`. A dataset without files is bundled.
    """

    what: str
    size: str
    licence: str
    citation: str
    folder: str = ""
    files: tuple[str, ...] = ()
    archive: str = ""
    system_folder: str = ""
    site: str = ""
    checksums: dict[str, str] = field(default_factory=dict)
    page: str = ""


# Addresses and checksums as TensorFlow Datasets records them (tensorflow_datasets/url_checksums):
# the sites of the authors, for MNIST a copy. The authors themselves publish MD5 sums only, or none.
SOURCES = {
    "digits": Source(
        what="1,797 handwritten digits, 8 x 8, grey, bundled",
        size="0.05 MB",
        licence="CC BY 4.0",
        citation="E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI "
        "Machine Learning Repository, https://doi.org/10.24432/C50P49",
    ),
    "fashion-mnist": Source(
        what="70,000 articles of clothing, 28 x 28, grey",
        size="31 MB",
        licence="MIT",
        citation="H. Xiao, K. Rasul and R. Vollgraf (2017), Fashion-MNIST: a novel image dataset "
        "for benchmarking machine learning algorithms, https://arxiv.org/abs/1708.07747",
        folder="fashion-mnist",
        files=IDX_FILES,
        system_folder="/usr/share/datasets/fashion-mnist",
        site="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        checksums={
            IDX_FILES[0]: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            IDX_FILES[1]: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            IDX_FILES[2]: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            IDX_FILES[3]: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        page="https://github.com/zalandoresearch/fashion-mnist",
    ),
    "mnist": Source(
        what="70,000 handwritten digits, 28 x 28, grey",
        size="12 MB",
        licence="CC BY-SA 3.0",
        citation="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), Gradient-based learning "
        "applied to document recognition, Proceedings of the IEEE 86(11), 2278-2324, "
        "https://doi.org/10.1109/5.726791",
        folder="mnist",
        files=IDX_FILES,
        site="https://storage.googleapis.com/cvdf-datasets/mnist/",
        checksums={
            IDX_FILES[0]: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            IDX_FILES[1]: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            IDX_FILES[2]: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            IDX_FILES[3]: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
    "cifar10": Source(
        what="60,000 photographs in 10 classes, 32 x 32, colour",
        size="170 MB",
        licence="none stated",
        citation="A. Krizhevsky (2009), Learning multiple layers of features from tiny images, "
        "University of Toronto",
        folder="cifar-10-batches-bin",
        files=(*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"),
        archive="cifar-10-binary.tar.gz",
        site="https://www.cs.toronto.edu/~kriz/",
        checksums={
            "cifar-10-binary.tar.gz": (
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
            ),
        },
        page="https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
    "nmnist": Source(
        what="70,000 recordings of MNIST by an event camera, 34 x 34",
        size="1100 MB",
        licence="CC BY-SA 4.0",
        citation="G. Orchard, A. Jayawant, G. K. Cohen and N. Thakor (2015), Converting static "
        "image datasets to spiking neuromorphic datasets using saccades, Frontiers in Neuroscience "
        "9, 437, https://doi.org/10.3389/fnins.2015.00437",
        folder="N-MNIST",
        files=("Train", "Test"),
        page="https://www.garrickorchard.com/datasets/n-mnist",
    ),
}


class Row(NamedTuple):
    """One line of `listing`, all of it text."""

    name: str
    what: str
    size: str
    where: str
    licence: str


def fetch(name: str, data_home: PathLike | None = None) -> tuple[Path, ...]:
    """Return the paths of a dataset's files, after downloading those that are missing.

    A file that is there already is left as it is; the loaders check its format, its size and its
    labels. A download is compared with its published checksum.

    Parameters
    ----------
    name : str
        A name in `listing`.
    data_home : str or path, optional
        Folder of the datasets; else ``REFSNN_DATA``, else ``~/.cache/refsnn``. For Fashion-MNIST
        the folder in which the Debian package dataset-fashion-mnist puts the files is looked at
        too.

    Returns
    -------
    tuple of pathlib.Path
        The files; of N-MNIST the folders of its two parts.

    Raises
    ------
    FileNotFoundError
        If a file is missing and cannot be downloaded, as those of N-MNIST never can: the sentence
        says where they are.
    """
    source = SOURCES[validate.one_of("name", name, SOURCES)]
    if not source.files:
        return (DIGITS_FILE,)
    folder, missing = _locate(source, find_home(data_home))
    if missing:
        _download(source, folder, missing)
    return tuple(folder / file for file in source.files)


def listing(data_home: PathLike | None = None) -> list[Row]:
    """List the datasets refsnn can load.

    Whether the files are there is looked up, what they hold is not; nothing is downloaded.

    Parameters
    ----------
    data_home : str or path, optional
        As in `fetch`.

    Returns
    -------
    list of Row
        ``(name, what, size, where, licence)``, text; `size` is that of the official files, in MB
        (1e6 bytes); `where` is ``"bundled"``, a path, ``"not found"`` or what is missing.
    """
    home = find_home(data_home)
    return [
        Row(name, source.what, source.size, _where(source, home), source.licence)
        for name, source in SOURCES.items()
    ]


def find_home(data_home: PathLike | None = None) -> Path:
    """The folder of the datasets: the argument, else REFSNN_DATA, else ~/.cache/refsnn.

    It need not exist yet.
    """
    if data_home is None:
        data_home = os.environ.get("REFSNN_DATA") or "~/.cache/refsnn"
    if not isinstance(data_home, str | os.PathLike):
        raise TypeError(
            f"data_home must be the path of a folder, not {validate.short_repr(data_home)}."
        )
    home = Path(data_home).expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise NotADirectoryError(f"data_home must be a folder; {home} is a file.")
    return home


def _locate(source, home):
    """The folder where a dataset's files are or belong, and the names of those that are missing.

    The user's folder goes before the system's.
    """
    own = home if home.name == source.folder else home / source.folder
    missing = [file for file in source.files if not (own / file).exists()]
    if len(missing) == len(source.files) and os.path.exists(source.system_folder):
        return Path(source.system_folder), []
    return own, missing


def _where(source, home):
    """Where a dataset is, in the words of `listing`."""
    if not source.files:
        return "bundled"
    folder, missing = _locate(source, home)
    if len(missing) == len(source.files):
        return "not found"
    return f"{folder} lacks {', '.join(missing)}" if missing else str(folder)


def _download(source, folder, missing):
    """Download official files, or unpack them from their archive, into `folder`.

    pooch compares what it downloads with the checksum before it appears under its name.
    """
    absent = f"{folder} lacks {', '.join(missing)}"
    by_hand = f"get them from {source.page or source.site} and put them there"
    if not source.checksums:
        raise FileNotFoundError(f"{absent}; {by_hand}.")

    # Only who downloads needs pooch.
    try:
        import pooch
        from requests.exceptions import RequestException  # pooch is built on requests
    except ImportError as error:
        raise FileNotFoundError(
            f"{absent}, and downloading needs pooch (python -m pip install pooch); or {by_hand}."
        ) from error

    # An archive stays beside the folder that it unpacks to; files that are there are not replaced.
    place = folder.parent if source.archive else folder
    registry = pooch.create(place, source.site, registry=source.checksums, allow_updates=False)
    downloader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=30)
    try:
        if source.archive:
            members = [f"{source.folder}/{file}" for file in missing]
            unpack = pooch.Untar(members, extract_dir=".")
            registry.fetch(source.archive, processor=unpack, downloader=downloader)
        else:
            for file in missing:
                registry.fetch(file, downloader=downloader)
    except RequestException as error:
        raise FileNotFoundError(
            f"{absent}, and downloading failed ({type(error).__name__}): check the network and try "
            f"again, or {by_hand}."
        ) from error
