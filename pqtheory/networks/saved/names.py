"""The same tensor under the names that wrappers give it: ``module.fc.weight``, ``_orig_mod.fc.weight``."""

from collections.abc import Collection

#: what DistributedDataParallel, torch.compile, FSDP and activation checkpoints put into a name
WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")


def without_wrappers(names: Collection[str]) -> dict[str, str]:
    """Each name without what wrappers put into it -> the name; all as they are where two would become one."""
    plain = {
        ".".join(p for p in name.split(".") if p not in WRAPPERS) or name: name for name in names
    }
    return plain if len(plain) == len(names) else {name: name for name in names}


def aligned(names: Collection[str], others: Collection[str]) -> dict[str, str]:
    """For each of ``names`` what it is called among ``others``, if it is there.

    Wrappers in names are not looked at. Where no name is the same then, one prefix in front of all names of one of the
    two is no difference either, such as Lightning's name of the network.
    """
    mine, theirs = without_wrappers(names), without_wrappers(others)
    prefix, front = ("", "") if mine.keys() & theirs.keys() else _prefixes(mine, theirs)
    found = {}
    for name, raw in mine.items():
        other = front + name.removeprefix(prefix)
        if other in theirs:
            found[raw] = theirs[other]
    return found


def _prefixes(mine: Collection[str], theirs: Collection[str]) -> tuple[str, str]:
    """The prefix of all ``mine`` and that of all ``theirs``, one of them empty, with which all of the fewer agree."""
    for few, many, swapped in ((mine, theirs, False), (theirs, mine, True)):
        shortest = min(few, key=len, default="")
        for name in many:
            prefix = name.removesuffix(shortest)
            if prefix.endswith(".") and name != prefix and all(prefix + n in many for n in few):
                return (prefix, "") if swapped else ("", prefix)
    return "", ""
