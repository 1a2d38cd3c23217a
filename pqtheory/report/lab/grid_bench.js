/* Bench two: one weight on a grid of levels, straight-through on the loss (x - target)^2 / 2. */

const NOISE = 0.5, MOMENTUM = 0.9, DROP = 50, WINDOW = 20;

function gridBench(root) {
  const settings = new Settings("grid", root.querySelector(".controls"), {
    bits: { label: "bits", value: 2, min: 1, max: 4, step: 1 },
    target: { label: "minimiser w*", value: 0.13, min: -0.99, max: 0.99, step: 0.01 },
    start: { label: "start θ₀", value: -0.83, min: -1.5, max: 1.5, step: 0.01 },
    eta: { label: "step size η", value: 0.1, min: 0.01, max: 1, step: 0.01 },
    steps: { label: "steps", value: 400, min: 100, max: 2000, step: 100 },
    step: { label: "step shown", value: 60, min: 0, max: 2000, step: 1 },
    noise: { label: `gradient noise (σ\u00a0=\u00a0${NOISE})`, value: false, flag: true },
    momentum: { label: `momentum ${MOMENTUM}`, value: false, flag: true },
    drop: { label: `η / ${DROP} from half of the steps on`, value: false, flag: true },
  });
  player(root.querySelector(".controls"), settings, () => settings.values.steps);
  const panels = root.querySelector(".panels"), words = root.querySelector(".words");
  const hill = new Panel(panels, {
    title: "The convex function that it slides on", x: "latent weight θ", y: "potential φ(θ)",
    keys: [["line one", "φ, φ′ = q − w*"], ["line threshold", "thresholds"], ["dot one", "latent"],
      ["dot level", "level q"]],
  });
  const paths = new Panel(panels, {
    title: "Latent weight and level, step by step", x: "step", y: "weight",
    keys: [["line one", "latent"], ["line level-path", "level q"], ["line threshold", "thresholds"]],
  });
  const counts = new Panel(panels, {
    title: `Flips per step: the last ${WINDOW}, and all so far`, x: "step", y: "flips per step",
    keys: [["line one", `last ${WINDOW}`], ["line other", "all so far"], ["line predicted", "2 min(f, 1 − f)"]],
  });

  const grid = () => levelSet(uniformLevels(settings.values.bits));

  function noise() {
    const { steps, noise } = settings.values;
    return noise ? normalNoise(1, steps + 1).map((z) => NOISE * z) : Array(steps + 1).fill(0);
  }

  function run() {
    const { target, start, eta, steps, momentum, drop } = settings.values, noises = noise();
    return simulate({
      method: "binaryconnect", set: grid(), start, steps,
      problem: { gradient: (x, t) => x - target + noises[t] },
      eta: (t) => (drop && 2 * t >= steps ? eta / DROP : eta), strength: () => 0,
      momentum: momentum ? MOMENTUM : 0,
    });
  }

  function drawHill(done, step, set) {
    const { target, start } = settings.values;
    const size = 1.1 * Math.max(1.5, ...done.latent.map(Math.abs));
    const phi = (t) => potential(t, target, set);
    const least = Math.min(...set.thresholds.map(phi)), top = Math.max(phi(-size), phi(size));
    hill.begin([-size, size], [least - 0.12 * (top - least), top]);
    for (const edge of set.thresholds) hill.vertical(edge, "threshold");
    hill.line([-size, ...set.thresholds, size].map((t) => [t, phi(t)]), "one");
    const bottom = least - 0.08 * (top - least);
    for (const level of set.levels) hill.dot(level, bottom, "dot tick", 4);
    hill.dot(done.quantized[step], bottom, "dot level", 6);
    hill.dot(done.latent[step], phi(done.latent[step]), "dot one", 7);
    hill.vertical(target, "target");
    hill.note(target, top - 0.12 * (top - least), "w*", target > 0 ? "start" : "end");
    hill.handle("start", start, phi(start), {
      label: "start", value: start, range: [-1.5, 1.5], step: [0.01, 0], move: (x) => settings.drag("start", x),
    });
  }

  function drawPaths(done, step, set) {
    const size = 1.1 * Math.max(1.1, ...done.latent.map(Math.abs));
    paths.begin([0, settings.values.steps], [-size, size]);
    for (const edge of set.thresholds) paths.horizontal(edge, "threshold");
    paths.line(done.quantized.flatMap((q, t) => [[t, q], [t + 1, q]]), "level-path");
    paths.line(done.latent.map((x, t) => [t, x]), "one");
    paths.vertical(step, "now");
    paths.dot(step, done.latent[step], "dot one");
  }

  function drawCounts(done, law) {
    counts.begin([0, settings.values.steps], [0, 1.05]);
    let sum = 0;
    const all = done.flips.map((flip, t) => [t, (sum += flip) / Math.max(t, 1)]);
    counts.line(lately(done.flips).map((share, t) => [t, share]), "one");
    counts.line(all, "other");
    counts.horizontal(law, "predicted");
  }

  function draw() {
    const { steps, target, noise, momentum } = settings.values, set = grid();
    const step = Math.min(settings.values.step, steps), done = run(), law = predictedFlips(target, set);
    drawHill(done, step, set);
    drawPaths(done, step, set);
    drawCounts(done, law);
    const total = done.flips.slice(0, step + 1).reduce((a, b) => a + b, 0);
    const late = done.flips.slice(-Math.floor(steps / 4));
    const measured = late.reduce((a, b) => a + b, 0) / late.length;
    const law_holds = noise || momentum ? "The law speaks of runs without noise and momentum." : "Predicted whatever η and θ₀ are.";
    words.textContent = `Level changes up to step ${step}: ${total}. Over the last quarter of the steps: `
      + `${written(measured)} per step, beside the predicted 2 min(f, 1 − f) = ${written(law)}. ${law_holds}`;
  }
  for (const panel of [hill, paths, counts]) panel.redraw = draw;
  settings.listeners.push(draw);
  return { settings, run, noise };
}

/* φ(t), the integral of q(u) - target from 0 to t: convex, as q never falls, and least at a threshold beside w*. */
function potential(t, target, set) {
  const edges = set.thresholds.filter((edge) => (t > 0 ? edge > 0 && edge < t : edge < 0 && edge > t));
  const ends = [0, ...edges, t].sort((a, b) => a - b);
  let sum = 0;
  for (let i = 1; i < ends.length; i += 1) {
    const width = ends[i] - ends[i - 1];
    sum += width * (nearest(ends[i - 1] + width / 2, set) - target);
  }
  return t > 0 ? sum : -sum;
}

/* 2 min(f, 1 - f), f = (w* - low) / (high - low) between the levels around w*. */
function predictedFlips(target, { levels }) {
  const above = levels.findIndex((level) => level > target);
  const low = levels[above - 1], high = levels[above];
  const f = (target - low) / (high - low);
  return 2 * Math.min(f, 1 - f);
}

/* The share of steps with a flip among the last WINDOW. */
function lately(flips) {
  return flips.map((_, t) => {
    const seen = flips.slice(Math.max(0, t - WINDOW + 1), t + 1);
    return seen.reduce((a, b) => a + b, 0) / WINDOW;
  });
}
