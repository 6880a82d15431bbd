"""What the layers cost: `nox -s bench`, or `python benchmarks/run.py --rounds 99`.

All figures are medians over rounds in which every subject has its turn, and the ratios, which are those of single
rounds, are what counts: they hold on a busy machine as well. With `--strict` a goal that is missed is a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
from pathlib import Path
from typing import Any

from measuring import Figures, in_turns
from server import serving
from subjects import Asynchronous, Layers, synchronous, writing

CPU_GOAL = 0.9  # Of the stock client's, at the most.
RATE_GOAL = 5.0  # Times the stock client's, at 20 in flight.
CROWDS = (1, 20, 100)
AT = 20


def main() -> int:
    """Measure, print tables, and write the figures down."""
    options = arguments()
    calls, rounds = options.calls, options.rounds
    with serving() as url:
        read = in_turns(synchronous(url), calls=calls, rounds=rounds)
        write = in_turns(writing(url), calls=calls, rounds=rounds)
        crowds = measured_crowds(url, calls, rounds)
    layers = in_turns(Layers().subjects(), calls=calls, rounds=rounds)
    met = [show_cpu(read, write), show_crowds(crowds)]
    show_layers(layers)
    figures: dict[str, Any] = {
        "python": platform.python_version(),
        "read": {**read.spelled(), "ratio": read.cpu_ratio("ours", "stock")},
        "write": {**write.spelled(), "ratio": write.cpu_ratio("ours", "stock")},
        "crowds": {
            str(size): {**crowd.spelled(), "ratio": crowd.rate_ratio("ours", "stock")} for size, crowd in crowds.items()
        },
        "layers": layers.spelled(),
    }
    options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if all(met) or not options.strict else 1


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50, help="in each round")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    parser.add_argument("--strict", action="store_true", help="fail if a goal is missed")
    return parser.parse_args()


def measured_crowds(url: str, calls: int, rounds: int) -> dict[int, Figures]:
    """Reading with so many calls in flight, on one loop."""
    with asyncio.Runner() as runner:
        asynchronous = Asynchronous(url, runner)
        try:
            return {
                size: in_turns(asynchronous.subjects(size), calls=max(calls, 2 * size), rounds=rounds)
                for size in CROWDS
            }
        finally:
            asynchronous.close()


def show_cpu(read: Figures, write: Figures) -> bool:
    """CPU time of a synchronous call."""
    print("\nsynchronous: CPU time of a call, µs")
    print(f"{'':12}{'stock':>9}{'ours':>9}{'ratio':>9}{'transport alone':>18}")
    for name, figures in (("read", read), ("write", write)):
        alone = f"{micro(figures.cpu('transport')):18.0f}" if "transport" in figures.rounds else ""
        stock, ours = micro(figures.cpu("stock")), micro(figures.cpu("ours"))
        print(f"{name:12}{stock:9.0f}{ours:9.0f}{figures.cpu_ratio('ours', 'stock'):9.2f}{alone}")
    return told(f"at most {CPU_GOAL} of a read", is_met=read.cpu_ratio("ours", "stock") <= CPU_GOAL)


def show_crowds(crowds: dict[int, Figures]) -> bool:
    """Calls a second of the asynchronous clients."""
    print("\nasynchronous: calls a second")
    print(f"{'in flight':12}{'stock':>9}{'ours':>9}{'ratio':>9}{'by CPU':>9}{'transport alone':>18}")
    for size, figures in crowds.items():
        stock, ours, alone = (1 / figures.wall(name) for name in ("stock", "ours", "transport"))
        ratio, by_cpu = figures.rate_ratio("ours", "stock"), figures.cpu_ratio("stock", "ours")
        print(f"{size:<12}{stock:9.0f}{ours:9.0f}{ratio:9.2f}{by_cpu:9.2f}{alone:18.0f}")
    return told(f"{RATE_GOAL} times at {AT}", is_met=crowds[AT].rate_ratio("ours", "stock") >= RATE_GOAL)


def show_layers(layers: Figures) -> None:
    """What each layer adds, without a network."""
    print("\nlayers of a read, without a network: CPU time, µs")
    before = 0.0
    for name in layers.rounds:
        print(f"{name:12}{micro(layers.cpu(name) - before):9.1f}")
        before = layers.cpu(name)
    print(f"{'together':12}{micro(before):9.1f}")


def told(goal: str, *, is_met: bool) -> bool:
    """Say whether a goal is met."""
    print(f"goal: {goal}: {'met' if is_met else 'MISSED'}")
    return is_met


def micro(seconds: float) -> float:
    """Microseconds."""
    return seconds * 1e6


if __name__ == "__main__":
    sys.exit(main())
