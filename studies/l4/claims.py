"""Paper 1 in the claim ledger, and the verdict of chapter 05: words that follow the numbers of the
committed tables.
"""

import numpy as np

from studies.l4 import results as l4
from studies.ledger import Claim, Markdown, Paper, direction, said, shown
from studies.paired import only
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
    sigma = by_neuron(table, "membrane_std", "simulated", "")

    spread = []
    for ending in ("p=inf", "p=2"):  # the bound is the L2, or the L4 norm times a common factor
        norm = by_neuron(table, "std_bound", "value", ending)
        logs = {}
        for image, neuron in sigma:
            ratio = sigma[image, neuron] / norm[image, neuron]
            logs.setdefault(image, []).append(np.log(ratio))
        squares = sum(len(each) * np.var(each) for each in logs.values())
        spread.append(float(np.sqrt(squares / (len(sigma) - len(logs)))))
    return *spread, len(sigma)


def by_neuron(table, closed_form, column, ending):
    """A column of the study `gaps`, {((seed, image), neuron): value}, of the rows of a closed
    form whose setting is "image I neuron K ENDING".
    """
    rows, found = only(table, closed_form=closed_form), {}
    columns = (rows[name].tolist() for name in ("seed", "setting", column))
    for seed, setting, value in zip(*columns, strict=True):
        _, image, _, neuron, *rest = setting.split()
        if " ".join(rest) == ending:
            found[(seed, image), neuron] = value
    return found


def where(cell):
    """A cell in words."""
    return f"{cell.network}, rate {cell.max_rate:g}, T = {cell.T}, {cell.form} form"


def claims():
    """Paper 1's lines of the ledger, from the committed tables."""
    confirmed, whole = {}, {}
    for data, (table, confirmation) in tables().items():
        for setting, name in SETTINGS.items():
            place = f"{DATA_SETS[data]}, {name}"
            confirmed[place] = l4.confirmed(confirmation, setting)
            whole[place] = l4.summary(table, setting)
    tuned = {place: each for place, each in whole.items() if place.endswith(SETTINGS["tuned"])}
    return [
        up_to(confirmed),
        on_the_whole(whole),
        proportional(),
        *(does_better(name, tuned) for name in l4.OTHERS),
    ]


PAPER = Paper(
    "Paper 1: L4-norm weight adjustment", "allred2021", "05_l4_weight_adjustment.md", claims
)


def up_to(confirmed):
    """The claim of a size, at the cells fixed beforehand."""
    entries = {}
    for place, c in confirmed.items():
        number = (
            f"{shown(c.gain)} points over plain conversion, {shown(c.over_best_plain)} over the "
            f"best plain scaling ({where(c)}; {c.seeds} fresh seeds)"
        )
        entries[place] = (number, l4.verdict(c.gain))
    return Claim(
        "Adjusting weights by their L4 norm at conversion gains up to 2.5 points of accuracy.",
        "Allred and Roy 2021, as a source that cites it puts it; the abstract, which we read, "
        "names no number. Rule, networks and data could not be read: the setting is the one "
        "that was best on validation images.",
        *said(entries),
        TEST.format("the_verdict_is_what_the_rows_say"),
        "l4_best_baseline",
    )


def on_the_whole(whole):
    """The mean over all cells."""
    entries = {}
    for place, s in whole.items():
        number = (
            f"{shown(s.mean)} points on average over {s.cells} cells, {s.better} of them with an "
            f"interval above 0, {s.worse} below ({s.seeds} seeds)"
        )
        entries[place] = (number, direction(s.mean))
    return Claim(
        "On the whole, the adjustment makes converted networks more accurate.",
        "Not claimed in these words; what a user would expect of it.",
        *said(entries),
        TEST.format("means_are_those_of_the_rows"),
        "l4_gain_map",
    )


def proportional():
    """The claim on the noise of a neuron."""
    in_L2, in_L4, neurons = norm_spread()
    number = (
        f"digits, a trained first layer: the ratio to the L4 norm scatters by {100 * in_L4:.0f} %, "
        f"to the L2 norm by {100 * in_L2:.0f} % ({neurons} neurons, each at one image)"
    )
    return Claim(
        "The standard deviation of the potential is proportional to the L4 norm of the weights.",
        "Allred and Roy 2021, abstract, read. A theorem for inputs that are proportional to the "
        "squared weights and of one length (chapter 03).",
        (number,),
        # Standard errors are half a percent.
        "not proportional" if in_L4 > 0.03 else "proportional",
        TEST.format("the_spread_about_each_norm_is_that_of_the_rows"),
        "l4_sigma",
    )


def does_better(name, tuned):
    """L4 beside another rule of `OTHERS`; L2 also where weight vectors have unit norm."""
    entries = {}
    for place, s in tuned.items():
        added = s.adds[name]
        entries[place] = (f"{shown(added)} points ({s.seeds} seeds)", direction(added))
    numbers, verdict = said(entries)

    if name == "L2":
        entries = {}
        for place, s in tuned.items():
            number = f"{shown(s.adds_unit)} points where weight vectors have unit norm"
            entries[place] = (number, direction(s.adds_unit))
        unit, word = said(entries)
        numbers, verdict = numbers + unit, f"all networks: {verdict}; unit norm: {word}"

    return Claim(
        f"The L4 norm does better than {ASKED[name]}.",
        "Our question: is it the L4 norm that counts?",
        numbers,
        verdict,
        TEST.format("means_are_those_of_the_rows"),
        "l4_best_baseline" if name == "per-neuron scaling" else "l4_accuracy",
    )


def verdict_box():
    """Chapter 05's verdict, every word and number from the committed tables."""
    text = []
    for data, (table, confirmation) in tables().items():
        whole = {setting: l4.summary(table, setting) for setting in SETTINGS}
        tuned = whole["tuned"]

        # The largest gain, and what fresh seeds make of it.
        text.append(
            f"**{DATA_SETS[data]}.** Points of accuracy, with 95 % intervals over {tuned.seeds} "
            "seeds.\n"
        )
        text += [
            _largest(l4.confirmed(confirmation, setting), name, whole[setting].largest)
            for setting, name in SETTINGS.items()
        ]

        # All cells, the other rules, and how many seeds would be needed.
        for setting, s in whole.items():
            text.append(
                f"- *Mean gain, {SETTINGS[setting]}:* {shown(s.mean)} over {s.cells} cells; 2.5 "
                f"points or more in {100 * s.reached:.0f} % of them."
            )

        adds = [f"over {ASKED[name]} {shown(added)}" for name, added in tuned.adds.items()]
        adds.append(
            f"over the L2 norm where weight vectors have unit norm {shown(tuned.adds_unit)}"
        )
        text.append(f"- *What L4 adds, tuned:* {'; '.join(adds)}.")
        text.append(
            "- *Seeds to see half a point* (level 0.05, power 0.8): "
            f"{tuned.seeds_needed[0]} in the median tuned cell, {tuned.seeds_needed[1]} at the "
            "ninth decile.\n"
        )
    return Markdown("\n".join(text))


def _largest(c, name, chosen):
    """The largest gain of a setting, measured again."""
    adds = "; ".join(f"over {rule} {shown(added)}" for rule, added in c.adds.items())
    return (
        f"- *Largest gain, {name}* ({where(c)}; fixed on validation images, where it was "
        f"{chosen.validation_gain:+.1f}): {shown(c.gain)} with {c.seeds} fresh seeds, "
        f"{shown(c.over_best_plain)} over the best plain scaling. 2.5 points: "
        f"{l4.verdict(c.gain)}. There L4 adds {adds}."
    )


def theory_box():
    """What the closed form says of the rules, from the table `l4_theory`."""
    table = committed("l4_theory-digits")
    fit, winners = l4.agreement(table), l4.winners(table).values()
    same = sum(winner.predicted == winner.simulated for winner in winners)
    regret = max(winner.regret for winner in winners)
    foreseen, simulated = (l4.vanishing(table, column) for column in ("predicted", "simulated"))
    equal = sum(foreseen[cell] == simulated[cell] for cell in simulated)
    text = [
        f"- *Gains, predicted and simulated:* correlation {fit.correlation:.2f} over {fit.gains} "
        f"gains, {fit.rms:.2f} points apart (root mean square); the same sign in "
        f"{100 * fit.same_sign:.0f} % of the {fit.clear} whose simulated size is beyond two "
        "standard errors.",
        f"- *Which rule wins:* the same in {same} of {len(winners)} cells; taking the predicted "
        f"winner gives away at most {regret:.2f} points.",
        "- *The T from which on L4 gains or loses less than half a point:* the same in "
        f"{equal} of {len(simulated)} networks and rates.",
    ]
    return Markdown("\n".join(text))
