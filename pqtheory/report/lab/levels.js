/* Where the levels are: l_1 < ... < l_k; each midpoint belongs to the cell above it, so sign(0) = +1. */

/* 2^bits evenly spaced levels from -1 to 1, rounded once. */
function uniformLevels(bits) {
  const last = 2 ** bits - 1;
  return Array.from({ length: last + 1 }, (_, i) => (2 * i - last) / last);
}

/* The least number that is not below the exact midpoint of a and b. */
function threshold(a, b) {
  const sum = a + b, half = sum - a;
  // what the sum was rounded by, without rounding (Knuth)
  const lost = (a - (sum - half)) + (b - half);
  return lost > 0 ? nextUp(sum / 2) : sum / 2;
}

function nextUp(x) {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const step = x >= 0 ? 1n : -1n;
  bits.setBigInt64(0, bits.getBigInt64(0) + step);
  return bits.getFloat64(0);
}

/* A set of levels with the thresholds between its cells and half of each gap. */
function levelSet(levels) {
  const pairs = levels.slice(1).map((b, i) => [levels[i], b]);
  return {
    levels,
    thresholds: pairs.map(([a, b]) => threshold(a, b)),
    halfGaps: pairs.map(([a, b]) => (b - a) / 2),
  };
}

/* P(t), the level whose cell holds t. */
function nearest(t, set) {
  return set.levels[set.thresholds.filter((edge) => t >= edge).length];
}

/* Half the gap between the levels around t; 0 outside the outermost levels. */
function halfGap(t, set) {
  const below = set.levels.filter((level) => level <= t).length;
  return below === 0 || below === set.levels.length ? 0 : set.halfGaps[below - 1];
}

const SETS = {
  binary: levelSet([-1, 1]),
  ternary: levelSet([-1, 0, 1]),
  "2-bit": levelSet(uniformLevels(2)),
  "3-bit": levelSet(uniformLevels(3)),
};
