"""How objects show themselves in a notebook: a title, a formula, a small table, small plots; plain HTML, no library."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from pqtheory._arrays import Array, as_float, is_torch
from pqtheory._messages import brief, visible

WIDTH, HEIGHT = 300, 120
#: colours and dashes of the curves, in their order
STYLES = (
    ("#0072B2", ""),
    ("#D55E00", "7 4"),
    ("#009E73", "2 3"),
    ("#CC79A7", "9 3 2 3"),
    ("#E69F00", "5 2"),
    ("#56B4E9", "3 5"),
)


def shown(
    title: str, latex: str = "", facts: Mapping[str, Any] | None = None, plots: Sequence[str] = ()
) -> str:
    """HTML of one object; ``plots`` are made by :func:`sketch`."""
    parts = [f"<code>{escape(visible(title))}</code>"]
    if latex:
        parts.append(f"<div>$${escape(latex)}$$</div>")
    if facts:
        rows = "".join(f"<tr><th>{_text(k)}</th><td>{_text(v)}</td></tr>" for k, v in facts.items())
        parts.append(f"<table>{rows}</table>")
    parts.extend(plots)
    return f"<div>{''.join(parts)}</div>"


def listed(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """HTML of a table with a line of heads."""
    head = "".join(f"<th>{_text(h)}</th>" for h in heads)
    lines = ("".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def sketch(x: Array, curves: Sequence[Array], caption: str) -> str:
    """SVG of curves over ``x``, each of its shape, as broken lines where a value is not finite; at most six."""
    across = floats(x)
    lines = [floats(curve) for curve in curves[: len(STYLES)]]
    finite = [line[np.isfinite(line)] for line in lines]
    known = np.concatenate([*finite, np.zeros(0)])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    span, width = (high - low) or 1.0, float(across[-1] - across[0]) or 1.0
    px = 40 + (across - across[0]) / width * (WIDTH - 50)
    paths = "".join(
        f'<path d="{_path(px, 20 + (high - line) / span * (HEIGHT - 42))}" fill="none" stroke="{colour}" '
        f'stroke-width="1.6" stroke-dasharray="{dashes}"/>'
        for line, (colour, dashes) in zip(lines, STYLES, strict=False)
    )
    labels = (
        (36, 24, "end", f"{high:.3g}"),
        (36, HEIGHT - 20, "end", f"{low:.3g}"),
        (40, HEIGHT - 6, "start", f"{across[0]:.4g}"),
        (WIDTH - 10, HEIGHT - 6, "end", f"{across[-1]:.4g}"),
        (40, 12, "start", caption),
    )
    words = "".join(
        f'<text x="{at}" y="{down}" text-anchor="{anchor}" font-size="11" fill="currentColor">{escape(text)}</text>'
        for at, down, anchor, text in labels
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(caption, quote=True)}">{paths}{words}</svg>'
    )


def floats(array: Array) -> Array:
    """``array`` as NumPy's float64, whatever library and dtype it has."""
    if is_torch(array):
        array = array.detach().double().cpu().numpy()
    array = np.asarray(array)
    if array.dtype == object:
        array = np.array([as_float(number) for number in array.flat]).reshape(array.shape)
    return array.astype(np.float64)


def described(array: Array) -> str:
    """Shape and dtype of an array of any library."""
    return f"{tuple(array.shape)} {str(array.dtype).removeprefix('torch.')}"


def _path(px: Array, py: Array) -> str:
    """Neighbouring points are joined where both are finite."""
    pieces, joined = [], False
    for at, down in zip(px, py, strict=True):
        if np.isfinite(down):
            pieces.append(f"{'L' if joined else 'M'}{at:.1f} {down:.1f}")
        joined = bool(np.isfinite(down))
    return "".join(pieces)


def _text(value: Any) -> str:
    return escape(visible(value if isinstance(value, str) else brief(value)))
