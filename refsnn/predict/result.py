"""A predicted accuracy, and how far the network's neurons are from where the formula is good."""

from dataclasses import dataclass

from refsnn.nn.layer import Array

# The domain of a neuron: limits of a step's standard deviation, mean and skewness, see `Domain`.
SIGMA, DRIFT, SKEW = 0.75, 0.35, 0.3
# That of a network with convolutions: with nine inputs per neuron, steps are far from Gaussian.
SIGMA_CONVOLUTIONAL = 0.2


@dataclass(frozen=True)
class Domain:
    """How large one step's input is to the neurons of each layer, in units of their thresholds.

    The closed form takes steps as Gaussian, joins two formulas where noise is large, and scales a
    variance there by an argument. Its error on a single neuron grows with the standard deviation,
    the mean and the skewness of a step (chapter 04); the limits of 0.75, 0.35 and 0.3 are our
    choice of where it begins to matter.

    Attributes
    ----------
    sigma : array (layers,)
        Standard deviation of a step: the median over images of each image's median neuron.
    skew : array (layers,)
        Skewness of a step, the largest magnitude over neurons and images.
    outside : array (layers,)
        Share of neurons and images outside the domain. In deep layers of sparse spikes most are, by
        skewness, and the accuracy is right nevertheless.
    sigma_limit : float
        The largest median sigma at which the study `prediction` found the accuracy within about a
        point from 12 steps on: 0.2 with convolutions, 0.75 without.
    """

    sigma: Array
    skew: Array
    outside: Array
    sigma_limit: float


@dataclass(frozen=True)
class Prediction:
    """The accuracy of a converted network after T steps, and where it comes from.

    Attributes
    ----------
    accuracy : float
        Expected fraction of images whose class is right: the mean of `probabilities`.
    probabilities : array (N,)
        For each image, that its own class gets the largest score.
    scores : array (N, classes)
        Expected scores: running mean of the readout's current after T steps.
    spike_rates : array (layers,)
        Expected spikes per neuron and step.
    T, max_rate
        As asked for.
    domain : Domain
    """

    accuracy: float
    probabilities: Array
    scores: Array
    spike_rates: Array
    T: int
    max_rate: float
    domain: Domain

    def warnings(self) -> list[str]:
        """What makes this prediction doubtful, one sentence each; empty if nothing does."""
        doubts = []
        depth = len(self.domain.sigma)
        sigma = self.domain.sigma.max()

        if sigma > self.domain.sigma_limit:
            doubts.append(
                f"a layer's median standard deviation per step is {sigma:.2f} thresholds, above "
                f"{self.domain.sigma_limit:g}: the accuracy may be several points off, with "
                "convolutions more than 10; raise max_rate."
            )

        if self.T < 6 * depth and depth > 1:
            doubts.append(
                f"below T = {6 * depth}, predictions for {depth} hidden layers have been seen up "
                "to 4 points too high."
            )

        if self.max_rate < 0.1 and depth > 1:
            doubts.append(
                "below max_rate = 0.1, spike rates of deep layers have been seen up to 70 % too "
                "high."
            )

        return doubts

    def __repr__(self) -> str:
        rows = [
            f"Prediction: accuracy {100 * self.accuracy:.1f} % of {len(self.probabilities)} "
            f"images after T = {self.T} steps at max_rate = {self.max_rate:g}",
            "  layer  median sigma  largest skew  outside domain  spikes/step",
        ]
        domain = self.domain
        layers = zip(domain.sigma, domain.skew, domain.outside, self.spike_rates, strict=True)
        for i, (sigma, skew, outside, rate) in enumerate(layers, start=1):
            rows.append(
                f"  {i:5d}  {sigma:12.2f}  {skew:12.2f}  {100 * outside:12.0f} %  {rate:11.3f}"
            )
        return "\n".join(rows + [f"  Warning: {sentence}" for sentence in self.warnings()])
