"""The page of results: times, ratios, and what they were measured with."""

from importlib import metadata
from typing import NamedTuple

from benchmarks import agreement
from refsnn.kernels.threads import available
from studies import provenance

OURS = "refsnn"
PACKAGES = {
    "torch": "torch",
    "SpikingJelly": "spikingjelly",
    "snnTorch": "snntorch",
    "Norse": "norse",
}
HOW = "Peers are measured where they can be imported; the page on speed says how to install them."


class Row(NamedTuple):
    """One line: a workload, with how many threads, our time, the peers' (None if not measured), and
    what they come to.

    `different` peers should have computed what we did and did not; `unlike` ones cannot.
    """

    workload: dict
    threads: int
    ours: float | None
    peers: dict
    different: tuple
    unlike: tuple
    best: float | None

    @property
    def ratio(self):
        """The fastest peer's time over ours."""
        return self.best / self.ours if self.ours and self.best else None


def row(workload, threads, found, peers, fastest):
    """The line of a workload."""
    name = workload["name"]
    results = {who: found[who, threads].result(name) for who in (OURS, *peers)}
    times = {who: result and result["ms"] for who, result in results.items()}
    ours, unlike = (
        times.pop(OURS),
        tuple(peer for peer in peers if (peer, workload["kind"]) in agreement.UNLIKE),
    )
    different = tuple(
        peer
        for peer in peers
        if results[peer]
        and peer not in unlike
        and not agreement.agrees(workload, peer, results[OURS], results[peer])
    )
    best = times.get(fastest)
    if "against" in workload:
        best = found[OURS, threads].result(workload["against"])["ms"]
    return Row(workload, threads, ours, times, different, unlike, best)


def sound(rows):
    """Whether everybody who was measured computed the same thing."""
    return not any(row.different for row in rows)


def lines(head, body):
    """A table in Markdown."""
    return [
        "| " + " | ".join(cells) + " |"
        for cells in (head, ["---"] * 2 + ["---:"] * (len(head) - 2), *body)
    ]


def cells(row, peers):
    """A line's cells; a peer that computed something else gets no time, one whose neurons are
    others brackets.
    """

    def shown(time):
        return "" if time is None else f"{time:.2f}" if time < 10 else f"{time:.0f}"

    def of(peer):
        time = "differs" if peer in row.different else shown(row.peers[peer])
        return f"({time})" if time and peer in row.unlike else time

    ratio = (
        "" if row.ratio is None else f"{row.ratio:.2f}" if row.ratio < 10 else f"{row.ratio:.1f}"
    )
    return [
        row.workload["name"],
        str(row.threads),
        shown(row.ours),
        *(of(peer) for peer in peers),
        ratio,
    ]


def page(rows, peers, found, chosen, limits):
    """All of it in Markdown, without a date."""
    # What the page says beside the table.
    machine, most = provenance.machine(), available()
    versions = provenance.versions() | {peer: metadata.version(PACKAGES[peer]) for peer in peers}
    rates = {
        w["net"].upper(): found[OURS, most].result(w["name"])["rate"].mean()
        for w in chosen
        if w["kind"] == "simulate" and w["encoder"] == "direct" and w["images"] > 1
    }
    differing = [w["name"] for w in chosen if not agreement.same_bits(found, OURS, w, most)]

    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Milliseconds, medians of at least nine warm runs, each library in a process of its "
            "own, by turns. A ratio is the fastest peer's time over ours (for a prediction: one "
            "simulation's); it stands only where both computed the same thing. Peers run the "
            "network as it was converted, all layers in every step, all images at a time. With "
            "fewer threads and at T = 64 only the peer that is the fastest of its kind is "
            "measured. Norse resets to zero and fires above the threshold: its spikes are "
            "compared with those of our neurons that do. A time in brackets is of neurons that we "
            "have no counterpart of, and enters no ratio.",
            "",
            *lines(
                ["work", "threads", "refsnn", *peers, "ratio"],
                [cells(row, peers) for row in rows],
            ),
            "",
            *([] if peers else [HOW, ""]),
            "Spikes a neuron and step: "
            + ", ".join(f"{net} {rate:.3f}" for net, rate in rates.items())
            + ".",
            "",
            f"Bits with 1 and {most} threads: "
            + (
                "equal in every row." if not differing else f"**differ** in {'; '.join(differing)}."
            ),
            "",
            *lines(["what a user waits for", "", "measured"], limits),
            "",
            "Measured with "
            + ", ".join(f"{name} {version}" for name, version in versions.items())
            + " on "
            + f"{machine['processor']}, {most} processors, {', '.join(machine['blas'])}.",
            "",
        ]
    )
