"""Medians and spreads."""

from dataclasses import dataclass
from statistics import median


@dataclass
class Figure:
    """The median of several rounds, and the smallest and largest of them."""

    middle: float
    least: float
    most: float

    def as_json(self):
        return {"median": self.middle, "min": self.least, "max": self.most}


def figure(values):
    return Figure(median(values), min(values), max(values))


def paired_ratio(values, others):
    """The median of the ratios round by round: what slows the machine down slows both of a pair."""
    return figure([value / other for value, other in zip(values, others, strict=True)])


def costs(samples):
    return [sample.cpu_microseconds for sample in samples]


def comparison(samples, own="sipher"):
    """Of each client: its cost, its rate, and what its own one costs in relation to it."""
    return {
        name: {
            "cpu_us": figure(costs(taken)),
            "per_second": figure([sample.per_second for sample in taken]),
            "ratio": paired_ratio(costs(samples[own]), costs(taken)),
        }
        for name, taken in samples.items()
    }
