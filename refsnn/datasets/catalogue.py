"""The datasets refsnn can load: what each is, where its files lie, and how they are fetched.

`catalogue.toml` beside this file describes them.
"""

import os
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from refsnn import validate
from refsnn.disk import opened

PathLike = str | os.PathLike
DIGITS_FILE = Path(__file__).with_name("digits.npz")


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
    system_folder: str = ""
    files: list[str] = field(default_factory=list)
    page: str = ""
    site: str = ""
    archive: str = ""
    checksums: dict[str, str] = field(default_factory=dict)


ENTRIES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SOURCES = {name: Source(**entry) for name, entry in ENTRIES.items()}


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
    validate.instance("data_home", data_home, str | os.PathLike, "the path of a folder")
    try:
        home = Path(data_home).expanduser().absolute()
    except RuntimeError:
        raise FileNotFoundError(
            f"{data_home} is in a home folder that cannot be found: set REFSNN_DATA, or give "
            "data_home, to the folder of the datasets."
        ) from None
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

    def absent(remedy=""):
        return FileNotFoundError(
            f"{folder} lacks {', '.join(missing)}; {remedy}get them from "
            f"{source.page or source.site} and put them there."
        )

    if not source.checksums:
        raise absent()
    try:
        import pooch
        from requests.exceptions import RequestException  # pooch is built on requests
    except ImportError as error:
        raise absent("install pooch (python -m pip install pooch) to download them, or ") from error

    # An archive stays beside the folder that it unpacks to; files that are there are not replaced.
    place = folder.parent if source.archive else folder
    if source.archive and (place / source.archive).exists():
        opened(place / source.archive).close()  # a pipe would be read for ever
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
        failure = f"downloading them failed ({type(error).__name__})"
        raise absent(f"{failure}: check the network and try again, or ") from error
