"""What the table of `gaps` says of each closed form, in words."""

import numpy as np

from studies.paired import only
from studies.table import committed


def measured_gaps():
    """The measured gap of each closed form, {name of the function: words}."""
    table = committed("gaps-digits")
    return {form: words(only(table, closed_form=form)) for form in np.unique(table["closed_form"])}


def words(rows):
    """The gap of one closed form, over all its rows."""
    gap, error, n = rows["value"] - rows["simulated"], rows["standard_error"], len(rows["seed"])
    if rows["relation"][0] == "bound":
        return f"bound kept in {n} of {n} comparisons, closest at {gap.min():.2g}"

    gap = np.abs(gap)
    if rows["relation"][0] == "exact":
        return f"{gap.max():g} in {n} comparisons"
    errors = (gap[error > 0] / error[error > 0]).max()
    return f"at most {gap.max():.2g} in {n} comparisons, {errors:.1f} standard errors"
