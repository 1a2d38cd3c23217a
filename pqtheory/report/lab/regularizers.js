/* How the pull works: value R(x) and prox_w(t) = argmin_x (x - t)^2 / 2 + w R(x), the largest minimiser at a tie.

   p is the level nearest to t and h half the gap around t. */

const REGULARIZERS = {
  /* On {-1, +1} the W-shaped regularizer. */
  distance: {
    label: "distance (the W)",
    value: (x, set) => Math.abs(x - nearest(x, set)),
    prox(t, w, set) {
      const p = nearest(t, set);
      return Math.min(Math.max(p, t - w), t + w);
    },
  },
  squared: {
    label: "squared distance",
    value: (x, set) => (x - nearest(x, set)) ** 2 / 2,
    prox(t, w, set) {
      const p = nearest(t, set);
      return p + (t - p) * (1 / (1 + w));
    },
  },
  /* (x - a)(b - x) / 2 between neighbouring levels a and b, infinite outside of them all: PARQ's. */
  bump: {
    label: "bump (PARQ)",
    value(x, set) {
      const d = Math.abs(x - nearest(x, set)), h = halfGap(x, set);
      return h === 0 && d > 0 ? Infinity : d * (2 * h - d) / 2;
    },
    prox(t, w, set) {
      const p = nearest(t, set), h = halfGap(t, set), r = t - p;
      if (w >= 1) return p;
      const d = Math.min(Math.max(h - (h - Math.abs(r)) / (1 - w), 0), h);
      return r >= 0 ? p + d : p - d;
    },
  },
  indicator: {
    label: "indicator (projection)",
    value: (x, set) => (x === nearest(x, set) ? 0 : Infinity),
    prox: (t, w, set) => nearest(t, set),
  },
};

/* All minimisers, ascending; at a midpoint the mirror image of one is one. An interval of them is given by its ends. */
function proxSet(name, t, w, set) {
  const x = REGULARIZERS[name].prox(t, w, set);
  const mirrored = 2 * t - x;
  const tie = set.thresholds.includes(t) && mirrored < x;
  return tie ? [mirrored, x] : [x];
}
