"""Damage to files, of each kind that a disk, a network, a careless hand or a malicious one does.

A function `damage(content, rng)` returns the bytes of a damaged file; those in `SPECIAL` put at a
path what is no file at all, or what unpacks to more than there is room for.
"""

import functools
import gzip
import io
import json
import os
import re
import zipfile

import numpy as np

ODD_NUMBERS = (0, 1, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
ODD_VALUES = (
    *(None, True, -1, 0, 1, 2, 2**31, 2**63, 10**18, 10**400, 0.5, -0.5, 1e-320, 1e308),
    *(float("nan"), float("inf"), "", "a", "nn.Dense", "snn.LIF", "nn.Sequential", "nn.BatchNorm"),
    *([], {}, [[]], [1e9, 1e9], [10**9] * 3, "x" * 10_000),
)
ODD_TEXTS = (b"", b"-1", b"nan", b"1e999", b"9" * 30, b"9" * 5000, b'"', b",", b"\n", b"\0", b"[]")
ODD_TYPES = b"|O >f4 <f8 <f2 |S0 |V0 <U900000000 <M8[s] <c16 ?".split()
ODD_SHAPES = (b"()", b"(0,)", b"(-1,)", b"(1000000000,)", b"(10**9,)", b"(4294967296, 4294967296)")


class Gadget:
    """What ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (3,)


def flip(content, rng):
    """One to eight bits are another."""
    changed = bytearray(content)
    for place in rng.integers(0, 8 * len(content), rng.integers(1, 9)):
        changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def cut(content, rng):
    """The end is missing."""
    return content[: rng.integers(0, len(content))]


def extend(content, rng):
    """There is more than there should be."""
    return content + rng.bytes(rng.integers(1, 2000))


def splice(content, rng):
    """A part stands in another place, in addition or in place of what was there."""
    start, end, place = np.sort(rng.integers(0, len(content) + 1, 3))[rng.permutation(3)]
    part = content[min(start, end) : max(start, end)]
    return content[:place] + part + content[place + rng.integers(0, 2) * len(part) :]


def zeros(content, rng):
    """A run of zeros, as on a disk that was full."""
    start, end = np.sort(rng.integers(0, len(content) + 1, 2))
    return content[:start] + bytes(end - start) + content[end:]


def field(content, rng):
    """A number in a header is another."""
    size = int(rng.choice([1, 2, 4, 8]))
    number = pick(ODD_NUMBERS, rng) % 2 ** (8 * size)
    place = rng.integers(0, min(len(content), 100) if rng.integers(2) else len(content))
    written = number.to_bytes(size, ("little", "big")[rng.integers(2)])
    return content[:place] + written + content[place + size :]


def text(content, rng):
    """A number in a text is another text."""
    numbers = list(re.finditer(rb"-?\d[\d.e+-]*", content))
    if not numbers:
        return flip(content, rng)
    found = numbers[rng.integers(len(numbers))]
    return content[: found.start()] + pick(ODD_TEXTS, rng) + content[found.end() :]


RAW = (flip, cut, extend, splice, zeros, field, text)


def pick(values, rng):
    """One of some values, of any type."""
    return values[rng.integers(len(values))]


def in_gzip(content, rng):
    """Damage what a gzip file holds."""
    return gzip.compress(pick(RAW, rng)(gzip.decompress(content), rng), 1)


def in_npz(content, rng):
    """Damage a member of an .npz archive, or its name; sometimes the archive is compressed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = pick(list(members), rng)
    member = members.pop(name)
    change = rng.integers(6)
    if change == 0:
        name = pick([*members, "description.npy", "0.weight", "../x.npy", "x"], rng)
    elif change == 1:
        member = pick(RAW, rng)(member, rng)
    elif change == 2:
        member = npy_header(member, rng)
    elif change == 3:
        member = saved(np.array([Gadget()], object), allow_pickle=True)
    elif "description.npy" in {name, *members}:
        description = member if name == "description.npy" else members["description.npy"]
        value = in_json(json.loads(np.load(io.BytesIO(description)).item()), rng)
        members["description.npy"] = saved(np.array(json.dumps(value)))
    members.setdefault(name, member)

    packed = io.BytesIO()
    method = zipfile.ZIP_STORED if rng.integers(8) else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(packed, "w", method) as new:
        for each, bytes_ in members.items():
            new.writestr(each, bytes_)
    return packed.getvalue()


def npy_header(member, rng):
    """The header of an .npy file says another type or shape, or anything."""
    header = member[10 : 10 + int.from_bytes(member[8:10], "little")]
    if rng.integers(2):
        header = re.sub(rb"'descr': '[^']*'", b"'descr': '%s'" % pick(ODD_TYPES, rng), header)
    if rng.integers(2):
        header = re.sub(rb"\([^)]*\)", pick(ODD_SHAPES, rng), header)
    if rng.integers(4) == 0:
        header = pick((b"(" * 9000, b"-" * 9000, b"[" * 90 + b"]" * 90, b"{}", b"'" * 3), rng)
    size = len(header).to_bytes(2, "little")
    return member[:8] + size + header + member[10 + int.from_bytes(member[8:10], "little") :]


def saved(array, **settings):
    """The bytes of an .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, **settings)
    return stream.getvalue()


def in_json(value, rng):
    """A value at some depth is another, missing, or there twice."""
    places = list(value) if isinstance(value, dict) else range(len(value)) if value else []
    if not isinstance(value, list | dict) or not places:
        return pick(ODD_VALUES, rng)
    place = pick(list(places), rng)
    change = rng.integers(8)
    if change == 0:
        del value[place]
    elif change == 1:
        value[place] = pick(ODD_VALUES, rng)
    elif change == 2 and isinstance(value, list):
        value.append(value[place])
    else:
        deeper = isinstance(value[place], list | dict) and value[place]
        value[place] = in_json(value[place], rng) if deeper else pick(ODD_VALUES, rng)
    return value


def folder(path, good):
    """A folder of that name."""
    path.mkdir()


def pipe(path, good):
    """A pipe that nobody writes to."""
    os.mkfifo(path)


def device(path, good):
    """A link to what has no end."""
    path.symlink_to("/dev/zero")


def circle(path, good):
    """A link to itself."""
    path.symlink_to(path)


def sparse(path, good):
    """A file of 268 MB, as large as is read, that takes no room on the disk."""
    with open(path, "wb") as file:
        file.write(good)
        file.truncate(2**28)


def gzip_bomb(path, good):
    """A gzip file of some MB that unpacks to 1 GB."""
    path.write_bytes(16 * gzip.compress(bytes(2**26), 1))


def npz_bomb(path, good):
    """An .npz file of some MB that says it holds 100 bytes, and unpacks to an array of 1 GB."""
    content = bytearray(packed_array())
    entry = content.rindex(b"PK\1\2")
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    path.write_bytes(content)


@functools.cache
def packed_array():
    """The bytes of an .npz file that holds a gigabyte of zeros."""
    packed = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (2**28,)}
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("description.npy", "w") as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for _ in range(64):
            member.write(bytes(2**24))
    return packed.getvalue()


SPECIAL = (folder, pipe, device, circle, sparse, gzip_bomb, npz_bomb)
