"""Write chapters/NN_slug.ipynb from chapters/NN_slug.md, or check that they agree.

    python -m tools.chapters            writes every notebook
    python -m tools.chapters --check    names the notebooks that differ; then it exits with 1
    python -m tools.chapters --layout   lays out the code with ruff, then writes every notebook

The MyST file is the source. A notebook carries no outputs, and its cell ids come from the file's
name and the cell's position, so that the same source gives the same bytes.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat

from figures import gallery
from refsnn.disk import write_atomically

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook_text(source, stem):
    """Return the text of the notebook of a chapter.

    Parameters
    ----------
    source : str
        The chapter as a MyST notebook.
    stem : str
        Its name without the ending, such as ``"00_tour"``.
    """
    notebook = jupytext.reads(source, fmt="md:myst")
    for position, cell in enumerate(notebook.cells):
        cell["id"] = f"{stem}-{position:03d}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def with_alt_texts(source):
    """Return a chapter's source with the alt text of every figure in the metadata of its cell.

    A script of the gallery says what its figure shows; the book's builder looks for that text in
    the cell that shows the figure, which must have a caption.

    Parameters
    ----------
    source : str
        A MyST notebook.
    """
    return re.sub(r"(?ms)^```\{code-cell\}.*?^```$", _with_alt_text, source)


def _with_alt_text(cell):
    shown = re.search(r'gallery\.show\("(\w+)"\)', cell[0])
    if shown is None:
        return cell[0]
    alt = json.dumps(gallery.load(shown[1]).ALT, ensure_ascii=False)
    return cell[0].replace("mystnb:\n", f"mystnb:\n  image:\n    alt: {alt}\n", 1)


def laid_out(source):
    """Return a chapter's source with its code cells as ruff formats them.

    `make lint` asks the same of the notebooks.
    """
    return re.sub(
        r"(?ms)^(```\{code-cell\}.*?\n(?:---\n.*?^---\n)?)(.*?)(^```)$", _laid_out, source
    )


def _laid_out(cell):
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "cell.py", "-"]
    ran = subprocess.run(
        command, input=cell[2], cwd=CHAPTERS, capture_output=True, text=True, check=True
    )
    return cell[1] + ran.stdout + cell[3]


def out_of_step(folder=CHAPTERS):
    """Return the notebooks of a folder that differ from their source, lack one or have lost it:
    name -> text.

    The text is what the notebook should hold, or None where a notebook has no source.
    """
    differing = {}
    for source in sorted(folder.glob("*.md")):
        text = notebook_text(source.read_text(encoding="utf-8"), source.stem)
        notebook = source.with_suffix(".ipynb")
        if not notebook.exists() or notebook.read_text(encoding="utf-8") != text:
            differing[notebook.name] = text
    for notebook in sorted(folder.glob("*.ipynb")):
        if not notebook.with_suffix(".md").exists():
            differing[notebook.name] = None
    return differing


def main(arguments, folder=CHAPTERS):
    """Write or check the notebooks, and lay out their sources; return the exit status."""
    if arguments not in ([], ["--check"], ["--layout"]):
        print("usage: python -m tools.chapters [--check | --layout]", file=sys.stderr)
        return 2
    if arguments == ["--layout"]:
        for source in sorted(folder.glob("*.md")):
            text = laid_out(source.read_text(encoding="utf-8"))
            write_atomically(source, text.encode())

    checking = arguments == ["--check"]
    differing = out_of_step(folder)
    for name, text in differing.items():
        if text is None:
            print(f"chapters/{name} has no source chapters/{Path(name).stem}.md", file=sys.stderr)
        elif checking:
            print(
                f"chapters/{name} is not what its source gives: run python -m tools.chapters",
                file=sys.stderr,
            )
        else:
            write_atomically(folder / name, text.encode())
            print(f"wrote chapters/{name}")
    return 1 if None in differing.values() or (checking and differing) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
