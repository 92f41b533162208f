"""Check that a built book reads without a network: no page loads a script, style or picture from
elsewhere.

python -m tools.book_offline docs/_build/html
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

# What a browser fetches by itself, by tag: the attribute that holds the address.
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
}
FETCHING_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
}
REMOTE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
REMOTE_IN_CSS = re.compile(r"(?:url\(\s*|@import\s+)[\"']?(?:https?:)?//", re.IGNORECASE)


class Loads(HTMLParser):
    """Collect the addresses that a page fetches."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attributes):
        """Note what a tag loads."""
        attributes = {name: value or "" for name, value in attributes}
        if tag == "link" and not FETCHING_LINKS & set(attributes.get("rel", "").lower().split()):
            return
        if tag in LOADS and attributes.get(LOADS[tag]):
            self.addresses.append(attributes[LOADS[tag]])


def remote_loads(html):
    """Return the addresses in a page that lead elsewhere."""
    parser = Loads()
    parser.feed(html)
    return [address for address in parser.addresses if REMOTE.match(address)]


def missing_files(page):
    """Return the local scripts, styles and pictures of a page that are not in the book."""
    parser = Loads()
    parser.feed(page.read_text(encoding="utf-8"))
    local = [
        unquote(a.split("?")[0].split("#")[0])
        for a in parser.addresses
        if ":" not in a and not REMOTE.match(a)
    ]
    return [a for a in local if a and not (page.parent / a).exists()]


def main(folder):
    """Print what is wrong with the book in a folder and return the exit status."""
    root = Path(folder)
    pages = sorted(page for page in root.rglob("*.html") if "_static" not in page.parts)
    problems = [f"{folder} holds no page"] if not pages else []
    for page in pages:
        name = page.relative_to(root)
        problems += [
            f"{name} loads {address}" for address in remote_loads(page.read_text(encoding="utf-8"))
        ]
        problems += [
            f"{name} needs {address}, which is not there" for address in missing_files(page)
        ]
    for style in sorted(root.rglob("*.css")):
        if REMOTE_IN_CSS.search(style.read_text(encoding="utf-8")):
            problems.append(f"{style.relative_to(root)} loads something from elsewhere")
    print(
        "\n".join(problems)
        or f"{len(pages)} pages, complete without a network: {root / 'index.html'}"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
