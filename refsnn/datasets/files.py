"""Find the files of a dataset, download what is missing, and list what is here."""

import difflib
from pathlib import Path
from typing import NamedTuple

from refsnn.datasets.catalogue import ENTRIES
from refsnn.datasets.download import download
from refsnn.datasets.home import exists, find_home

DIGITS_FILE = Path(__file__).with_name("digits.npz")


class Row(NamedTuple):
    """One line of `listing`, all of it text."""

    name: str
    what: str
    size: str
    where: str
    licence: str


class _Found(NamedTuple):
    paths: tuple[Path, ...]  # where all the data is; empty if something is missing
    folder: Path  # where the missing files belong
    missing: tuple[str, ...]  # names of files


def fetch(name, data_home=None):
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
        The files (of N-MNIST the folders of its two parts), or the one archive that holds them.

    Raises
    ------
    ValueError
        If there is no dataset of that name, or a download has the wrong checksum.
    FileNotFoundError
        If a file is missing and cannot be downloaded, as those of N-MNIST never can: the sentence
        says where they are.
    OSError
        If `data_home` is not a folder or cannot be read or written.
    """
    if not isinstance(name, str) or name not in ENTRIES:
        close = (
            difflib.get_close_matches(name.lower(), ENTRIES, n=1) if isinstance(name, str) else []
        )
        raise ValueError(
            f"name must be one of {', '.join(ENTRIES)}; it was {name!r}"
            + (f" (did you mean {close[0]}?)." if close else ".")
        )
    entry = ENTRIES[name]
    if not entry.members:
        return (DIGITS_FILE,)
    home = find_home(data_home)
    found = _locate(entry, home)
    if found.paths:
        return found.paths
    if entry.page:
        raise FileNotFoundError(
            f"{found.folder} lacks {', '.join(found.missing)}; get the files from {entry.page} and "
            "unpack them there."
        )
    if entry.archive:
        if len(found.missing) < len(entry.members):
            raise FileNotFoundError(
                f"{found.folder} lacks {', '.join(found.missing)}; complete it, "
                f"or remove it and {entry.archive} is downloaded."
            )
        target = home / entry.archive
        download(entry.remotes[0].url, entry.remotes[0].sha256, target)
        return (target,)
    for remote in entry.remotes:
        if remote.filename in found.missing:
            download(remote.url, remote.sha256, found.folder / remote.filename)
    return tuple(found.folder / member for member in entry.members)


def listing(data_home=None):
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

    Raises
    ------
    OSError
        If `data_home` is not a folder or cannot be read.
    """
    home = find_home(data_home)
    rows = []
    for entry in ENTRIES.values():
        size = (
            sum(remote.size for remote in entry.remotes) or entry.size or DIGITS_FILE.stat().st_size
        )
        rows.append(
            Row(
                entry.name,
                entry.what,
                f"{size / 1e6:.{0 if size >= 1e6 else 2}f} MB",
                _where(entry, home),
                entry.licence,
            )
        )
    return rows


def _where(entry, home):
    if not entry.members:
        return "bundled"
    found = _locate(entry, home)
    if found.paths:
        return str(found.paths[0] if len(found.paths) == 1 else found.paths[0].parent)
    if len(found.missing) < len(entry.members):
        return f"{found.folder} lacks {', '.join(found.missing)}"
    return "not found"


def _locate(entry, home):
    """Look in `home/folder`, in `home` if that is the folder's name, for the archive, and in the
    system.

    A folder of the user that holds some of the files goes before a complete one of the system.
    """
    folders = [home / entry.folder] + [home] * (home.name == entry.folder)
    incomplete = None
    for folder in folders:
        if exists(folder) and not folder.is_dir():
            raise NotADirectoryError(
                f"{folder} must be a folder, that of {entry.name}; it is a file."
            )
        missing = tuple(member for member in entry.members if not exists(folder / member))
        if not missing:
            return _Found(tuple(folder / member for member in entry.members), folder, ())
        if incomplete is None and len(missing) < len(entry.members):
            incomplete = _Found((), folder, missing)
    if entry.archive and exists(home / entry.archive):
        return _Found((home / entry.archive,), home, ())
    if incomplete:
        return incomplete
    system = Path(entry.system_folder) if entry.system_folder else None
    if system and all(exists(system / member) for member in entry.members):
        return _Found(tuple(system / member for member in entry.members), system, ())
    return _Found((), folders[-1], entry.members)
