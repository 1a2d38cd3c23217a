"""The one registry of methods: class, name on the command line and in files, label, colour, marker."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

from pqtheory.methods.backward import Clipped
from pqtheory.methods.base import Method
from pqtheory.methods.binary_connect import BinaryConnect
from pqtheory.methods.binary_relax import BinaryRelax
from pqtheory.methods.bop import Bop
from pqtheory.methods.dampened import Dampened
from pqtheory.methods.dual_averaging import DualAveraging
from pqtheory.methods.eager_pull import EagerPull
from pqtheory.methods.lazy_prox import LazyProx
from pqtheory.methods.mirror_descent import MirrorDescent
from pqtheory.methods.parq import PARQ
from pqtheory.methods.projected_sgd import ProjectedSGD
from pqtheory.methods.prox_connect import ProxConnect
from pqtheory.methods.prox_connect_plus import ProxConnectPlus
from pqtheory.methods.prox_quant import ProxQuant
from pqtheory.regularizers import DistanceL1, DistanceL2
from pqtheory.schedules import Linear
from pqtheory.sets import Binary


@final
@dataclass(frozen=True)
class Registered:
    """A method as it is shown and asked for.

    Attributes
    ----------
    label : str
        In pictures and tables.
    colour : str
        Of its lines, everywhere.
    marker : str
        Of its lines, as matplotlib has it, where colours are not seen; full precision has none.
    method : type of Method or None
        Its class; full precision has none.
    make : callable or None
        The method for a given step size, for the conformance tests, the pictures and the docs.
    trained : bool
        Whether training runs of networks have it, with the paper's settings.
    """

    label: str
    colour: str
    marker: str = ""
    method: type[Method] | None = None
    make: Callable[[Any], Method] | None = None
    trained: bool = False

    @property
    def name(self) -> str:
        """On the command line and in files: the label in small letters, without spaces."""
        return self.label.lower().replace(" ", "-")

    def __call__(self, step_size: Any) -> Method:
        """The method for a step size.

        Raises
        ------
        TypeError
            If it quantizes nothing.
        """
        if self.make is None:
            raise TypeError(f"{self.label}: expected a method that quantizes")
        return self.make(step_size)


def _registered(
    method: type[Method],
    colour: str,
    marker: str,
    make: Callable[[Any], Method],
    *,
    trained: bool = False,
) -> Registered:
    return Registered(method.__name__, colour, marker, method, make, trained)


def _by_name(methods: Iterable[Registered]) -> Mapping[str, Registered]:
    return {method.name: method for method in methods}


# colours of Okabe and Ito's palette, and for the successors of Tol's muted one: every kind of colour vision tells them
# apart within each
REGISTRY: Mapping[str, Registered] = _by_name(
    (
        _registered(BinaryConnect, "#D55E00", "o", BinaryConnect, trained=True),
        _registered(DualAveraging, "#CC79A7", "D", lambda eta: DualAveraging(Binary(), eta)),
        _registered(ProjectedSGD, "#E69F00", "v", lambda eta: ProjectedSGD(Binary(), eta)),
        _registered(LazyProx, "#56B4E9", "^", lambda eta: LazyProx(DistanceL1(Binary()), eta, 0.5)),
        _registered(
            ProxQuant,
            "#0072B2",
            "s",
            lambda eta: ProxQuant(DistanceL1(Binary()), eta, Linear(0.01)),
            trained=True,
        ),
        _registered(
            BinaryRelax, "#009E73", "P", lambda eta: BinaryRelax(eta, harden_at=50), trained=True
        ),
        _registered(Bop, "#222222", "X", lambda gamma: Bop(gamma, 0.01), trained=True),
        _registered(
            ProxConnect,
            "#332288",
            "<",
            lambda eta: ProxConnect(DistanceL1(Binary()), eta, 0.1),
            trained=True,
        ),
        _registered(
            ProxConnectPlus,
            "#882255",
            ">",
            lambda eta: ProxConnectPlus(DistanceL1(Binary()), eta, 0.1, Clipped(1.25)),
            trained=True,
        ),
        _registered(PARQ, "#117733", "*", lambda eta: PARQ(eta, Linear(0.0625)), trained=True),
        _registered(Dampened, "#999933", "p", lambda eta: Dampened(eta, 0.25), trained=True),
        _registered(
            EagerPull,
            "#44AA99",
            "h",
            lambda eta: EagerPull(DistanceL2(Binary()), eta, 0.25),
            trained=True,
        ),
        _registered(
            MirrorDescent, "#AA4499", "d", lambda eta: MirrorDescent(eta, 1.5), trained=True
        ),
    )
)
#: what training runs and pictures compare with: it quantizes nothing
FULL_PRECISION = Registered("full precision", "#7F7F7F", trained=True)
#: trained ternary quantization, which moves levels of layers too and so is no method of arrays
TTQ = Registered("TTQ", "#DDCC77", "H", trained=True)
#: names of the methods that training runs have
TRAINED = tuple(m.name for m in (FULL_PRECISION, TTQ, *REGISTRY.values()) if m.trained)


def registered(name: str) -> Registered | None:
    """The method of that name or label, however it is spelled: BinaryConnect, binary-connect, BC, "full precision"."""
    return _SPELLINGS.get(_letters(name))


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


#: what papers call them for short
_SHORT = {"bc": "binaryconnect", "pq": "proxquant", "da": "dualaveraging", "br": "binaryrelax"}
_SPELLINGS = {_letters(m.name): m for m in (*REGISTRY.values(), FULL_PRECISION, TTQ)}
_SPELLINGS |= {short: REGISTRY[name] for short, name in _SHORT.items()} | {"fp": FULL_PRECISION}
