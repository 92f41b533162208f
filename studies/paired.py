"""One question asked of every study: by how many points does one arm beat another, cell by cell and
seed by seed?

An *arm* is a way to do it, named by the values of some columns: `{"rule": "L4", "form":
"incoming"}`. A *cell* is one setting of everything else, named by the values of the columns `by`:
(network, T, ...). Arms of one seed share initial weights, images and random spikes, so what is
looked at is their difference within a seed.
"""

import numpy as np

from refsnn import validate
from studies.table import committed


def tables(names):
    """Committed tables, {data set: table}; `names` is {data set: the table's name}."""
    return {data: committed(name) for data, name in names.items()}


def only(table, **wanted):
    """The rows of a table in which each named column has the wanted value, or one of a tuple of
    them.

    Examples
    --------
    >>> only({"T": np.array([4, 8, 16]), "seed": np.array([0, 0, 1])}, T=(8, 16), seed=0)
    {'T': array([8]), 'seed': array([0])}
    """
    chosen = np.ones(len(table["seed"]), bool)
    for column, value in wanted.items():
        chosen &= (
            np.isin(table[column], value) if isinstance(value, tuple) else table[column] == value
        )
    return {column: values[chosen] for column, values in table.items()}


def values(table, by, column="accuracy", **arm):
    """What an arm has in each cell: {cell: {seed: value}}, cells in the order of the table.

    Parameters
    ----------
    table : dict of str to ndarray
        As from `studies.table.read`; has a column "seed".
    by : sequence of str
        The columns that name a cell.
    column : str
        The column of the values.
    **arm
        The values of the columns that name the arm, such as `rule="L4"`.

    Raises
    ------
    ValueError
        A cell has two rows of one seed: columns that tell them apart are neither in `by` nor in
        `arm`.
    """
    rows = only(table, **arm)
    columns = [rows[name].tolist() for name in (*by, "seed", column)]

    cells = {}
    for *cell, seed, value in zip(*columns, strict=True):
        seeds = cells.setdefault(tuple(cell), {})
        if seed in seeds:
            raise ValueError(
                f"cell {tuple(cell)} has two rows of seed {seed}: {arm} does not name one arm."
            )
        seeds[seed] = value
    return cells


def differences(ours, theirs):
    """Ours minus theirs in points (hundredths), {cell: array (seeds,)}, for the cells that both
    have.

    Parameters
    ----------
    ours, theirs : dict
        As from `values`, of fractions. Where one was run with fewer seeds, its seeds count.

    Raises
    ------
    ValueError
        Each has a seed that the other has not.

    Examples
    --------
    >>> differences({("a", 4): {0: 0.75, 1: 0.5}}, {("a", 4): {0: 0.5, 1: 0.5}})
    {('a', 4): array([25.,  0.])}
    """
    points = {}
    for cell in ours:
        if cell not in theirs:
            continue
        one, other = ours[cell], theirs[cell]
        seeds = one.keys() & other.keys()
        if len(seeds) < min(len(one), len(other)):
            raise ValueError(
                f"cell {cell} has the seeds {sorted(one)} and {sorted(other)}: they cannot be "
                "paired."
            )
        points[cell] = np.array([100 * (one[seed] - other[seed]) for seed in sorted(seeds)])
    return points


def gains(table, arm, baseline, by, column="accuracy"):
    """Points by which an arm beats its baseline, {cell: array (seeds,)}.

    Parameters
    ----------
    table : dict of str to ndarray
    arm, baseline : dict
        The values of the columns that name each.
    by : sequence of str
        The columns that name a cell; with none the one cell is ().
    column : str
        The column compared, of fractions.

    Examples
    --------
    >>> table = {
    ...     "rule": np.array(["L4", "none"]), "T": np.array([4, 4]),
    ...     "seed": np.array([0, 0]), "accuracy": np.array([0.75, 0.5]),
    ... }
    >>> gains(table, arm={"rule": "L4"}, baseline={"rule": "none"}, by=("T",))
    {(4,): array([25.])}
    """
    return differences(values(table, by, column, **arm), values(table, by, column, **baseline))


def best(table, arms, by, judge, column="accuracy"):
    """For each cell and seed, what the arm has that is best there on the column `judge`, as
    `values`.

    Parameters
    ----------
    table : dict of str to ndarray
    arms : list of dict
        Each may lack cells; of equals, the first counts.
    by : sequence of str
    judge : str
        The column by which is chosen, such as "validation": never that of the test images.
    column : str
        The column of what is told of the chosen.
    """
    told = [values(table, by, column, **arm) for arm in arms]
    judged = [values(table, by, judge, **arm) for arm in arms]

    cells = {}
    for cell in dict.fromkeys(cell for each in told for cell in each):
        there = [k for k, each in enumerate(told) if cell in each]
        cells[cell] = {}
        for seed in told[there[0]][cell]:
            chosen = max(there, key=lambda k: judged[k][cell][seed])
            cells[cell][seed] = told[chosen][cell][seed]
    return cells


def single(points):
    """What the only cell has."""
    (found,) = points.values()
    return found


def pooled(points):
    """Mean over cells, seed by seed: array (seeds,). Cells of one seed share networks, so seeds are
    what is counted.

    Parameters
    ----------
    points : dict
        As from `differences`; all cells have the same number of seeds.
    """
    return np.mean(list(points.values()), axis=0)


def largest(points):
    """The cell with the largest mean over seeds; of equals, the first."""
    return max(points, key=lambda cell: points[cell].mean())


def seeds_needed(std, effect=0.5, alpha=0.05, power=0.8, most=10_000):
    r"""How many seeds a paired comparison needs to see a difference.

    The smallest $n$ for which a two-sided Student test at level `alpha` finds a true difference,
    with the right sign, with probability `power`: $P(t_{n-1}(\delta) > t_{1 - \alpha/2,\, n-1})
    \ge$ power, where $t_{n-1}(\delta)$ is noncentral with $\delta = \mathrm{effect}\, \sqrt n /
    \mathrm{std}$.

    Parameters
    ----------
    std : float
        Standard deviation over seeds of the paired difference, at least 0.
    effect : float
        The difference to be seen, in the unit of `std`.
    alpha, power : float
        Between 0 and 1.
    most : int
        Where the search ends.

    Returns
    -------
    int
        At least 2, at most `most`.

    Notes
    -----
    Source: power of the one-sample t test (Student 1908; noncentral t distribution). Assumes about
    normal differences.

    Examples
    --------
    >>> seeds_needed(0.5, effect=0.5)
    10
    """
    from scipy.special import nctdtr, stdtrit

    std = validate.number("std", std, low=0)
    effect = validate.number("effect", effect, above=0)
    for name, share in (("alpha", alpha), ("power", power)):
        validate.number(name, share, above=0, below=1)

    for n in range(2, most):
        limit = stdtrit(n - 1, 1 - alpha / 2)
        shift = effect * np.sqrt(n) / max(std, 1e-2 * effect)
        if nctdtr(n - 1, shift, limit) <= 1 - power:
            return n
    return most
