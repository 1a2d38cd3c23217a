"""What the code tracker measures, from whole paths and one weight at a time, in fractions."""

import itertools
import math
from fractions import Fraction


def naive_metrics(paths, levels, momentum=0.01, threshold=0.005):
    """Metrics after the last step of ``paths``, each the codes of one weight at times 0, ..., T."""
    size, steps = len(paths), len(paths[0]) - 1 if paths else 0
    m = Fraction(momentum)
    result = dict.fromkeys(("changed", "flips", "reversals", "all_flips", "all_reversals"), 0)
    averages, held, stays = [], [0] * levels, [[] for _ in range(levels)]
    for path in paths:
        events = reversals_of(path)
        average = Fraction(0)
        for event in events:
            average = m * event + (1 - m) * average
        averages.append(average)
        flips = [a != b for a, b in itertools.pairwise(path)]
        result["changed"] += path[-1] != path[0]
        result["flips"] += flips[-1]
        result["reversals"] += events[-1]
        result["all_flips"] += sum(flips)
        result["all_reversals"] += sum(events)
        for level, run in itertools.groupby(path):
            stays[level].append(len(list(run)))
        for code in path:
            held[code] += 1
    shares = {key: count / max(size, 1) for key, count in result.items()}
    now = [sum(path[-1] == level for path in paths) for level in range(levels)]
    return {
        "size": size,
        "change_from_start": shares["changed"],
        "flips": shares["flips"],
        "reversals": shares["reversals"],
        "flips_per_weight": shares["all_flips"],
        "reversals_per_weight": shares["all_reversals"],
        "frequency": float(sum(averages) / max(size, 1)),
        "oscillating": sum(a > Fraction(threshold) for a in averages) / max(size, 1),
        "occupation": tuple(n / max(size, 1) for n in now),
        "mean_occupation": tuple(n / (max(size, 1) * (steps + 1)) for n in held),
        "dwell": tuple(sum(s) / len(s) if s else 0.0 for s in stays),
        "c2i": 1 - shares["changed"],
        "pi": math.log(shares["flips"] + math.e**-9),
        "wasted_flips": 1 - result["changed"] / result["all_flips"] if result["all_flips"] else 0.0,
    }


def reversals_of(path):
    """Whether each step goes up after the last move was down, or down after it was up."""
    last, events = 0, []
    for before, now in itertools.pairwise(path):
        way = (now > before) - (now < before)
        events.append(way * last == -1)
        last = way or last
    return events
