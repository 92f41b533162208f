"""Whether two libraries computed the same thing, as far as the neurons of the other allow."""

import numpy as np

# Where a peer has no neuron like ours: the name of ours that is like its own.
TWIN = {("Norse", "simulate"): " zero", ("Norse", "bptt"): " triangle"}
# Where a peer has neither: after a spike at twice the threshold snnTorch's leaky neuron lacks
# another threshold.
UNLIKE = {("snnTorch", "bptt")}


def agrees(workload, peer, ours, theirs):
    """Loss and gradients to float32's rounding, spike counts of constant input exactly, random ones
    by their law.
    """
    kind, name = workload["kind"], TWIN.get((peer, workload["kind"]), "")
    if (peer, kind) in UNLIKE:
        return False
    if kind in ("step", "bptt"):
        # Sums in another order; through time, a spike that rounding moves changes a gradient by
        # some thousandths.
        tolerance = 1e-3 if kind == "step" else 1e-2
        gradient = ours[f"gradient{name}"]
        gap = np.linalg.norm(gradient - theirs["gradient"]) / np.linalg.norm(gradient)
        return bool(
            np.isclose(ours[f"loss{name}"], theirs["loss"], rtol=tolerance) and gap < tolerance
        )
    if kind == "simulate":
        counts = ours[f"counts{name}"]
        if workload["encoder"] == "direct":
            return np.array_equal(counts, theirs["counts"])
        # A layer's spikes over all images: sums of a hundred thousand and more, of which each
        # depends on few.
        one, two = counts.sum(axis=1), theirs["counts"].sum(axis=1)
        return bool((np.abs(one - two) < 0.01 * one + 5 * np.sqrt(one)).all())
    one, two = ours["potential"].astype(np.float64), theirs["potential"].astype(np.float64)
    error = np.hypot(one.std(), two.std()) / np.sqrt(len(one))
    return bool(abs(one.mean() - two.mean()) < 5 * error and abs(one.std() - two.std()) < 5 * error)


def same_bits(found, ours, workload, threads):
    """Whether our results have the same bits with 1 and with `threads` threads."""
    one, many = (found[ours, k].result(workload["name"]) for k in (1, threads))
    return all(np.array_equal(one[key], many[key]) for key in one if key.startswith("bits"))
