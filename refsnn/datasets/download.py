"""Download of one file, whole and with its published checksum, or not at all."""

import sys


def download(url, sha256, target):
    """Download `url` to the file `target`, which appears only when it is complete and its checksum
    is right.

    pooch writes to a temporary file beside `target`, compares the checksum and renames. Whatever
    goes wrong, an interruption included, the temporary file and the folders made for it are
    removed.

    Parameters
    ----------
    url : str
    sha256 : str
        Published SHA-256 of the file, 64 hexadecimal digits.
    target : pathlib.Path
        A file that does not exist yet.

    Raises
    ------
    FileNotFoundError
        If pooch is not installed, the server cannot be reached or refuses, or the connection
        breaks.
    ValueError
        If what arrived has another checksum.
    OSError
        If `target` cannot be written.
    """
    missing = f"{target.name} is not in {target.parent}"
    try:
        import pooch
        import requests
    except ImportError as error:
        raise FileNotFoundError(
            f"{missing}, and downloading it needs pooch (python -m pip install pooch); "
            f"or get it from {url} yourself."
        ) from error
    made = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
    fetcher = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=30)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        pooch.retrieve(
            url,
            known_hash="sha256:" + sha256,
            fname=target.name,
            path=target.parent,
            downloader=fetcher,
        )
    except requests.exceptions.RequestException as error:
        if error.response is not None:
            error.response.close()  # pooch leaves the connection of a refused request open
        why = _reason(error, requests.exceptions)
        raise FileNotFoundError(
            f"{missing} and could not be downloaded from {url}: {why}; nothing was kept."
        ) from error
    except OSError as error:
        why = "permission denied" if isinstance(error, PermissionError) else error.strerror or error
        raise OSError(f"{target} cannot be written: {why}.") from error
    except ValueError as error:
        raise ValueError(
            f"what {url} sent does not have the published checksum of {target.name}; "
            "nothing was kept."
        ) from error
    finally:
        if not target.exists():
            _remove_empty(made)


def _reason(error, exceptions):
    """Why a request failed, in a few words."""
    if isinstance(error, exceptions.HTTPError):
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.Timeout):
        return "the server did not answer in time"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "the connection broke before the end of the file"
    if isinstance(error, exceptions.ConnectionError):
        return "the server could not be reached (is there a network?)"
    return type(error).__name__


def _remove_empty(folders):
    """Remove the folders made for a download that failed, innermost first, as far as they are
    empty.
    """
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
