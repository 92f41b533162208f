"""Files: how one appears on disk, whole or not at all; and arrays in one, without pickle."""

import contextlib
import io
import json
import os
import secrets
import stat
import zipfile
from pathlib import Path

import numpy as np

LARGEST_FILE = 2**28  # bytes: no file that is read may have more


def write_atomically(path, content, *, through=None):
    """Write bytes so that `path` holds all of them, or what it held before, whenever the process
    is killed.

    The bytes go to a temporary file, from there to the disk, and only then under the name `path`.
    A symbolic link is followed: the file that it points to is replaced, and the link stays. The
    file's mode is what the process's umask leaves of read and write for everybody.

    Parameters
    ----------
    path : path-like
        The file to write; its folder is made if it is missing.
    content : bytes
    through : path-like, optional
        Folder on the same file system for the temporary file (default: the file's own folder). A
        process killed while it writes leaves its temporary file there.

    Raises
    ------
    OSError
        The folder cannot be made or written.
    """
    path = Path(os.path.realpath(path))
    folder = path.parent if through is None else Path(through)
    for needed in (path.parent, folder):
        needed.mkdir(parents=True, exist_ok=True)

    temporary = folder / f".{path.name}.{secrets.token_hex(4)}.tmp"
    try:
        with open(temporary, "xb") as file:  # "x": a new file, and its mode from the umask
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None
        raise
    _keep_name(path.parent)


def _keep_name(folder):
    """Bring a folder's list of names to the disk, where the system can: a file's new name is in
    it.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def opened(path, largest=LARGEST_FILE):
    """A regular file of at most `largest` bytes, open for reading: the door of all readers.

    Raises
    ------
    ValueError
        It is a folder, a pipe, a device or a link to one, or it is larger.
    OSError
        It is not there (FileNotFoundError), or may not be read.
    """
    about = os.stat(path)
    if not stat.S_ISREG(about.st_mode):
        raise ValueError(f"{path} is not a file but a folder, a pipe or a device.")
    if about.st_size > largest:
        raise ValueError(
            f"{path} is too large: of its {about.st_size:,} bytes at most {largest:,} are read."
        )
    return open(path, "rb")


def read_bytes(path, largest=LARGEST_FILE):
    """The bytes of a regular file; errors are those of `opened`."""
    with opened(path, largest) as file:
        return file.read()


def write_arrays(path, description, arrays):
    """Write arrays by name and a description to a file, NumPy's .npz and JSON, whole or not at all.

    Parameters
    ----------
    path : path-like
    description : str
        JSON.
    arrays : dict of str to array

    Raises
    ------
    ValueError
        The file would be larger than the 268 MB that `read_arrays` reads.
    """
    content = io.BytesIO()
    np.savez(content, description=np.array(description), **arrays)
    if content.tell() > LARGEST_FILE:
        raise ValueError(
            f"{path} would take {content.tell():,} bytes, of which at most {LARGEST_FILE:,} could "
            "be read."
        )
    write_atomically(path, content.getvalue())


def read_arrays(path, kind):
    """The description, from JSON, and the arrays by name that `write_arrays` wrote to a file; no
    pickle is loaded, and no more memory taken than the file has bytes.

    Raises
    ------
    ValueError
        It is not a whole file of this `kind`, or as in `opened`.
    OSError
        As in `opened`.
    """
    with opened(path) as file, damage_named(path, kind):
        if not zipfile.is_zipfile(file):
            raise ValueError("it is no .npz archive, or only the beginning of one")
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            size = sum(member.file_size for member in members)
            if not stored or size > os.fstat(file.fileno()).st_size:
                raise ValueError("it unpacks to more bytes than it has")
            arrays = {
                member.filename.removesuffix(".npy"): _array(archive.read(member))
                for member in members
            }
        return json.loads(arrays.pop("description").item()), arrays


def _array(content):
    """The array in the bytes of an .npy file, which must be as many as its header says."""
    stream = io.BytesIO(content)
    np.lib.format.read_magic(stream)
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    values = np.frombuffer(content, dtype, offset=stream.tell())
    return values.reshape(shape, order="F" if by_columns else "C").copy()


@contextlib.contextmanager
def damage_named(path, kind):
    """Turn whatever is raised inside, while a file's content is interpreted, into one ValueError
    that names the file and its `kind`: foreign bytes can make zipfile, NumPy and JSON raise nearly
    anything.
    """
    try:
        yield
    except Exception as error:
        reason = " ".join(str(error).split()).rstrip(".") or "it ends early"
        reason = f"it lacks {reason}" if isinstance(error, KeyError) else reason
        raise ValueError(f"{str(path)!r} is not a whole {kind} of refsnn: {reason}.") from None
