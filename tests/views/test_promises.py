"""What a remedy promises is what the command that it prints reports."""

from __future__ import annotations

import re
import shlex

import pytest

from support.commands import run

PROMISED = re.compile(
    r"try: (?P<command>gradtui .+?) \(before: .+?; then: (?P<what>[^;()]+?) in the median, "
    r"healthy in (?P<healthy>\d+) of (?P<drawn>\d+) networks\)"
)


def said_by(*words: str) -> str:
    done = run(*words)
    assert done.status == 0, done.err
    return " ".join(done.out.split())


@pytest.mark.parametrize(
    "command",
    [
        "gelu --init kaiming_normal --depth 30",
        "relu_squared --init normal(1,0.5) --depth 7 --networks 20",
        "tanh --init orthogonal,kaiming_normal,normal(0.3) --units 5,100,5,100,5 --threshold 0.1",
        "silu mish --model network --init pytorch_linear --depth 25 --units 16 --networks 61",
        "elu --init normal(3) --depth 50 --units 32 --seed 5 --quantity z --x 0.3 --networks 47",
        "sigmoid --init xavier_normal --depth 12 --networks 3 --quantity w",
    ],
)
def test_a_remedy_promises_what_its_command_reports(command: str) -> None:
    found = list(PROMISED.finditer(said_by("decay", *command.split())))
    assert found
    for promise in found:
        report = said_by(*shlex.split(promise["command"])[1:])
        healthy, drawn = int(promise["healthy"]), int(promise["drawn"])
        many = f"all {drawn}" if healthy == drawn else f"{healthy} of {drawn}"
        what = re.escape(promise["what"])
        assert re.search(rf"healthy in {many} networks[^✓✗▲∅]*?: {what} in the median", report)


def test_of_networks_that_were_not_all_tried_it_says_how_many_were() -> None:
    """Of 400 wide ones a second allows the first few alone; those are what is told of."""
    command = "tanh --init normal(0.5) --depth 40 --units 128 --networks 400"
    words = [*command.split(), "--patience", "1"]
    text = said_by("decay", *words)
    promised = re.search(
        r"try: (gradtui .+?) \(before.+?then: ([^;()]+?) in the median, healthy in (\d+) of (\d+) "
        r"networks, the first of (\d+): there was no time to try more\)",
        text,
    )
    assert promised is not None, text
    printed, what, healthy, first, of_all = promised.groups()
    tried = shlex.split(printed)[1:]
    assert f" {of_all} of 400 networks" in said_by(*tried)
    fewer = said_by(*tried, "--networks", first)
    many = f"all {first}" if healthy == first else f"{healthy} of {first}"
    assert re.search(rf"healthy in {many} networks[^✓✗▲∅]*?: {re.escape(what)}", fewer)
