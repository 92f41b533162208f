"""Paper 1 in the claim ledger, and the verdict of chapter 05: words that follow the numbers of the
committed tables.
"""

import numpy as np

from studies.l4 import results as l4
from studies.l4 import theory_results as l4_theory
from studies.ledger import Claim, Markdown, direction, overall, shown
from studies.table import committed

ASKED = {
    "L2": "the L2 norm",
    "sigma": "the standard deviation itself",
    "largest activation": "the largest activation, both compensated",
    "per-neuron scaling": "the usual scale of its own for every neuron",
    "L4 permuted": "its own factors handed to the wrong neurons",
}
DATA_SETS = {"fashion-mnist": "Fashion-MNIST", "digits": "digits"}
SETTINGS = {"default": "nothing tuned", "tuned": "gain and initial potential tuned"}
TEST = "tests/studies/test_l4_claims.py::test_{}"


def tables():
    """The committed tables: {data set: (table of `l4`, table of `l4_confirm`)}, evidence first."""
    return {data: (committed(f"l4-{data}"), committed(f"l4_confirm-{data}")) for data in DATA_SETS}


def norm_spread():
    """By how much the measured noise of trained neurons scatters about each norm, and how many
    neurons those are.

    From the study `gaps`: neurons of a trained first layer, each measured at an image; within an
    image all have the same |r|_2. Returns standard deviations of log(sigma / norm), as fractions:
    of the L2 norm, of the L4 norm, number.
    """
    table = committed("gaps-digits")
    simulated, norms = {}, {2: {}, 4: {}}
    for k, (form, setting) in enumerate(
        zip(table["closed_form"], table["setting"].tolist(), strict=True)
    ):
        neuron = int(table["seed"][k]), *setting.split()[1:4:2]
        if form == "membrane_std":
            simulated[neuron] = table["simulated"][k]
        elif form == "std_bound" and setting.endswith(("p=2", "p=inf")):
            norms[4 if setting.endswith("p=2") else 2][neuron] = table["value"][
                k
            ]  # both times one common factor
    groups = sorted({neuron[:2] for neuron in simulated})
    logs = {
        p: np.concatenate(
            [
                log - log.mean()
                for group in groups
                for log in [
                    np.log([simulated[n] / of_norm[n] for n in simulated if n[:2] == group])
                ]
            ]
        )
        for p, of_norm in norms.items()
    }
    freedom = len(simulated) - len(groups)
    return *(float(np.sqrt(np.sum(logs[p] ** 2) / freedom)) for p in (2, 4)), len(simulated)


def where(cell):
    """A cell in words."""
    return f"{cell.network}, rate {cell.max_rate:g}, T = {cell.T}, {cell.form} form"


def lines(results, describe, judge):
    """Numbers in words, {(data set, setting): result} -> (lines, overall verdict)."""
    words = [judge(result) for result in results.values()]
    numbers = tuple(
        f"{DATA_SETS[data]}, {SETTINGS[setting]}: {describe(result)}: {word}"
        for ((data, setting), result), word in zip(results.items(), words, strict=True)
    )
    return numbers, overall(words)


def claims():
    """Paper 1's lines of the ledger, from the committed tables."""
    found = tables()
    fresh = {
        (data, setting): l4.confirmed(confirm, setting)
        for data, (_, confirm) in found.items()
        for setting in SETTINGS
    }
    whole = {
        (data, setting): l4.summary(table, setting)
        for data, (table, _) in found.items()
        for setting in SETTINGS
    }
    in_L2, in_L4, neurons = norm_spread()
    rows = [
        Claim(
            "Adjusting weights by their L4 norm at conversion gains up to 2.5 points of accuracy.",
            "Allred and Roy 2021, as a source that cites it puts it; the abstract, which we read, "
            "names no number. Rule, networks and data could not be read: the setting is the one "
            "that was best on validation images.",
            *lines(
                fresh,
                lambda c: (
                    f"{shown(c.gain)} points over plain conversion, "
                    f"{shown(c.over_best_plain)} over the best plain scaling ({where(c)}; "
                    f"{c.seeds} fresh seeds)"
                ),
                lambda c: l4.verdict(c.gain),
            ),
            TEST.format("the_verdict_is_what_the_rows_say"),
            "l4_best_baseline",
        ),
        Claim(
            "On the whole, the adjustment makes converted networks more accurate.",
            "Not claimed in these words; what a user would expect of it.",
            *lines(
                whole,
                lambda s: (
                    f"{shown(s.mean)} points on average over {s.cells} cells, {s.better} of them "
                    f"with an interval above 0, {s.worse} below ({s.seeds} seeds)"
                ),
                lambda s: direction(s.mean),
            ),
            TEST.format("means_are_those_of_the_rows"),
            "l4_gain_map",
        ),
        Claim(
            "The standard deviation of the potential is proportional to the L4 norm of the "
            "weights.",
            "Allred and Roy 2021, abstract, read. A theorem for inputs that are proportional to "
            "the squared weights and of one length (chapter 03).",
            (
                "digits, a trained first layer: the ratio to the L4 norm scatters by "
                f"{100 * in_L4:.0f} %, to the L2 norm by {100 * in_L2:.0f} % ({neurons} neurons, "
                "each at one image)",
            ),
            "not proportional"
            if in_L4 > 0.03
            else "proportional",  # standard errors are half a percent
            TEST.format("the_spread_about_each_norm_is_that_of_the_rows"),
            "l4_sigma",
        ),
    ]
    for name in l4.OTHERS:
        tuned = {key: s for key, s in whole.items() if key[1] == "tuned"}
        numbers, verdict = lines(
            tuned,
            lambda s, name=name: f"{shown(s.adds[name])} points ({s.seeds} seeds)",
            lambda s, name=name: direction(s.adds[name]),
        )
        if name == "L2":
            unit, word = lines(
                tuned,
                lambda s: f"{shown(s.adds_unit)} points where weight vectors have unit norm",
                lambda s: direction(s.adds_unit),
            )
            numbers, verdict = numbers + unit, f"all networks: {verdict}; unit norm: {word}"
        rows.append(
            Claim(
                f"The L4 norm does better than {ASKED[name]}.",
                "Our question: is it the L4 norm that counts?",
                numbers,
                verdict,
                TEST.format("means_are_those_of_the_rows"),
                "l4_best_baseline" if name == "per-neuron scaling" else "l4_accuracy",
            )
        )
    return rows


def verdict_box():
    """Chapter 05's verdict, every word and number from the committed tables."""
    text = []
    for data, (table, confirm) in tables().items():
        whole = {setting: l4.summary(table, setting) for setting in SETTINGS}
        tuned = whole["tuned"]
        text += [
            f"**{DATA_SETS[data]}.** Points of accuracy, with 95 % intervals over {tuned.seeds} "
            "seeds.",
            "",
        ]
        for setting, name in SETTINGS.items():
            c = l4.confirmed(confirm, setting)
            text += [
                f"- *Largest gain, {name}* ({where(c)}; fixed on validation images, where it was "
                f"{whole[setting].largest.validation_gain:+.1f}): {shown(c.gain)} with {c.seeds} "
                f"fresh seeds, {shown(c.over_best_plain)} over the best plain scaling. 2.5 points: "
                f"{l4.verdict(c.gain)}. There L4 adds "
                + "; ".join(f"over {name} {shown(added)}" for name, added in c.adds.items())
                + "."
            ]
        text += [
            f"- *Mean gain, {SETTINGS[setting]}:* {shown(s.mean)} over {s.cells} cells; 2.5 points "
            f"or more in {100 * s.reached:.0f} % of them."
            for setting, s in whole.items()
        ]
        text += [
            "- *What L4 adds, tuned:* "
            + "; ".join(
                f"over {ASKED[name]} {shown(interval)}" for name, interval in tuned.adds.items()
            )
            + f"; over the L2 norm where weight vectors have unit norm {shown(tuned.adds_unit)}.",
            f"- *Seeds to see half a point* (level 0.05, power 0.8): {tuned.seeds_needed[0]} in "
            f"the median tuned cell, {tuned.seeds_needed[1]} at the ninth decile.",
            "",
        ]
    return Markdown("\n".join(text))


def theory_box():
    """What the closed form says of the rules, from the table `l4_theory`."""
    table = committed("l4_theory-digits")
    fit, winners = l4_theory.agreement(table), l4_theory.winners(table)
    same = sum(predicted == simulated for predicted, simulated, _ in winners.values())
    regret = max(regret for _, _, regret in winners.values())
    gone = {column: l4_theory.vanishing(table, column) for column in ("predicted", "simulated")}
    equal = sum(gone["predicted"][cell] == T for cell, T in gone["simulated"].items())
    return Markdown(
        "\n".join(
            [
                f"- *Gains, predicted and simulated:* correlation {fit.correlation:.2f} over "
                f"{fit.gains} gains, {fit.rms:.2f} points apart (root mean square); the same sign "
                f"in {100 * fit.same_sign:.0f} % of the {fit.clear} whose simulated size is "
                "beyond two standard errors.",
                f"- *Which rule wins:* the same in {same} of {len(winners)} cells; taking the "
                f"predicted winner gives away at most {regret:.2f} points.",
                "- *The T from which on L4 gains or loses less than half a point:* the same in "
                f"{equal} of {len(gone['simulated'])} networks and rates.",
            ]
        )
    )
