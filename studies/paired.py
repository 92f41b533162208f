"""Two methods compared cell by cell in a study's table, seed by seed.

A *cell* is one setting of everything but the method and the seed: (network, rate, T, ...). Methods
of one seed share the trained network and the random spikes, so what is looked at is their
difference within a seed.
"""

import numpy as np

from refsnn import validate
from studies.table import committed


def tables(names):
    """Committed tables, {data set: table}; `names` is {data set: the table's name}."""
    return {data: committed(name) for data, name in names.items()}


def values(table, keys, column="accuracy", **method):
    """What one method has in each cell: {cell: {seed: value}}, cells in the order of the table.

    Parameters
    ----------
    table : dict of str to ndarray
        As from `table.read`; has a column "seed".
    keys : sequence of str
        The columns that name a cell.
    column : str
    **method
        The value of further columns that choose the method, such as `rule="L4"`.

    Raises
    ------
    ValueError
        A cell has two rows of one seed: the method is not told apart by what was given.
    """
    chosen = np.ones(len(table["seed"]), bool)
    for name, value in method.items():
        chosen &= table[name] == value
    found = {}
    columns = [table[name][chosen].tolist() for name in (*keys, "seed", column)]
    for *cell, seed, value in zip(*columns, strict=True):
        seeds = found.setdefault(tuple(cell), {})
        if seed in seeds:
            raise ValueError(
                f"cell {tuple(cell)} has two rows of seed {seed}: {method} names no single method."
            )
        seeds[seed] = value
    return found


def differences(method, baseline):
    """Method minus baseline in points (hundredths), {cell: array (seeds,)}, for the cells that both
    have.

    Parameters
    ----------
    method, baseline : dict
        As from `values`, of fractions.

    Raises
    ------
    ValueError
        The two were not run with the same seeds.

    Examples
    --------
    >>> differences({("a", 4): {0: 0.75, 1: 0.5}}, {("a", 4): {0: 0.5, 1: 0.5}})
    {('a', 4): array([25.,  0.])}
    """
    found = {}
    for cell, ours in method.items():
        theirs = baseline.get(cell, {})
        if theirs and set(ours) != set(theirs):
            raise ValueError(
                f"cell {cell} has the seeds {sorted(ours)} and {sorted(theirs)}: they cannot be "
                "paired."
            )
        if theirs:
            found[cell] = np.array([100 * (ours[seed] - theirs[seed]) for seed in sorted(ours)])
    return found


def only(points, keys, **wanted):
    """The cells in which each named key has the wanted value, or one of a tuple of them.

    Examples
    --------
    >>> only({("a", 4): 1, ("b", 4): 2, ("b", 8): 3}, ("network", "T"), network="b", T=(8, 16))
    {('b', 8): 3}
    """
    allowed = {
        keys.index(name): value if isinstance(value, tuple) else (value,)
        for name, value in wanted.items()
    }
    return {
        cell: found for cell, found in points.items() if all(cell[k] in allowed[k] for k in allowed)
    }


def best(candidates, judged):
    """For each cell and seed the candidate that is best on `judged`, and what it has: {cell: {seed:
    value}}.

    Parameters
    ----------
    candidates : list of dict
        As from `values`: test accuracies, one dict a method. A method may lack cells.
    judged : list of dict
        The same for validation accuracies, by which the choice is made; of equals, the first.
    """
    found = {}
    for cell in dict.fromkeys(cell for candidate in candidates for cell in candidate):
        there = [k for k, candidate in enumerate(candidates) if cell in candidate]
        found[cell] = {
            seed: candidates[max(there, key=lambda k: judged[k][cell][seed])][cell][seed]
            for seed in candidates[there[0]][cell]
        }
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
        limit, shift = stdtrit(n - 1, 1 - alpha / 2), effect * np.sqrt(n) / max(std, 1e-2 * effect)
        if nctdtr(n - 1, shift, limit) <= 1 - power:
            return n
    return most
