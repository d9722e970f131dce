"""What the chain view knows: the chain of one activation, and its product on the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.chain import Chain
from gradtui.mathematics.elementwise import Array
from gradtui.models.chain.chains import Course, chain_of
from gradtui.models.chain.cost import Time, seconds_of, why_untried
from gradtui.models.chain.remedies import remedy_of
from gradtui.models.chain.verdict import diagnose
from gradtui.models.decay import Value
from gradtui.models.finding import Finding, Remedy
from gradtui.models.rows import Rows
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.view import Table

_DEEP = 10_000
"""Layers from which on a chain is worth a picture of its own."""


@dataclass(frozen=True, eq=False)
class Product:
    """The chains that are compared, one of them in focus, and what was found to help each.

    Attributes:
        subject: what is focused.
        chains: the chain of each that is compared.
        remedies: what was found to help, in the same order; None where nothing is known yet.
        untried: for each, that not all was tried that could help; "" where that is not so.
    """

    subject: Subject
    chains: tuple[tuple[Subject, Chain], ...]
    remedies: tuple[Remedy | None, ...]
    untried: tuple[str, ...]

    @property
    def chain(self) -> Chain:
        """The focused one's."""
        return next(chain for subject, chain in self.chains if subject.name == self.subject.name)


def run(setup: Setup, tick: Tick) -> Iterator[Product]:
    """The chains, exactly, and what would help; deep ones at once, before anything is tried."""
    compared = subjects_of(setup, "chain")
    focused = next(subject for subject in compared if subject.name == setup.focused)
    still = part(tick, 0.0, 0.0)
    chains = tuple((subject, chain_of(subject, still)) for subject in compared)
    if setup.depth >= _DEEP:
        yield Product(focused, chains, (None,) * len(chains), ("",) * len(chains))
    share = 1.0 / len(chains)
    left = max(setup.patience - sum(seconds_of(chain) for _, chain in chains), 0.0)
    remedies, untried = [], []
    for index, (subject, chain) in enumerate(chains):
        time = Time(share * left)
        own = part(tick, share * index, share)
        remedies.append(remedy_of(subject, Course(chain, ""), time, own))
        untried.append(why_untried(setup.patience) if time.untried else "")
    yield Product(focused, chains, tuple(remedies), tuple(untried))


def running_product(chain: Chain) -> tuple[Array, Array, Array]:
    """log10 of the product on its way from the loss: before layer l, after f′(z_l), after w_l.

    Indexed from the loss: entry 0 is layer L. The last w factor, layer 1's, is the input x.
    """
    after_slope = chain.log10_backward[::-1]
    below = np.append(chain.log10_weights[1:][::-1], chain.log10_inputs[0])
    after_weight = after_slope + below
    before = np.append(chain.log10_upstream, after_weight[:-1])
    return before, after_slope, after_weight


def finding(result: Product, name: str) -> Finding:
    """The verdict on one of the chains."""
    known = zip(result.chains, result.remedies, result.untried, strict=True)
    (finding,) = (
        diagnose(subject, Course(chain, ""), remedy, evidence=untried)
        for (subject, chain), remedy, untried in known
        if subject.name == name
    )
    return finding


def measures(result: Product, name: str) -> Mapping[str, float]:
    """What is left of the gradient where the verdict is seen, and the rate a layer."""
    (course, limit), *_ = (
        (Course(chain, ""), subject.setup.log10_threshold)
        for subject, chain in result.chains
        if subject.name == name
    )
    judgement = course.judged(limit)
    there = judgement.log10_there
    return {"log10_left": there, "log10_a_layer": there / max(course.steps - judgement.at, 1)}


def table(result: Product) -> Table:
    """One row for each layer, every factor apart."""
    chain = result.chain

    def row(index: int) -> dict[str, Value]:
        return {
            "activation": result.subject.name,
            "layer": index + 1,
            "w": float(chain.weights[index]),
            "b": float(chain.biases[index]),
            "z": float(chain.z[index]),
            "a": float(chain.a[index]),
            "derivative": float(chain.derivatives[index]),
            "log10_abs_derivative": float(chain.log10_derivatives[index]),
            "log10_abs_w": float(chain.log10_weights[index]),
            "log10_abs_gradient": float(chain.log10_gradients[index]),
            "gradient_sign": int(chain.signs[index]),
        }

    return Rows(chain.depth, row)
