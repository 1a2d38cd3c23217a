/* Bench one: the two-function toy. */

function toyBench(root) {
  const settings = new Settings("toy", root.querySelector(".controls"), {
    method: { label: "method", value: "proxquant", options: labels(METHODS) },
    start: { label: "start θ₀", value: 0.3, min: -1.5, max: 1.5, step: 0.01 },
    eta: { label: "step size η", value: 0.05, min: 0.01, max: 0.5, step: 0.01 },
    rate: { label: "rate λ (λₜ\u00a0=\u00a0λt)", value: 0.05, min: 0, max: 1, step: 0.005 },
    steps: { label: "steps", value: 100, min: 20, max: 400, step: 10 },
    step: { label: "step shown", value: 30, min: 0, max: 400, step: 1 },
  });
  player(root.querySelector(".controls"), settings, () => settings.values.steps);
  const panels = root.querySelector(".panels"), words = root.querySelector(".words");
  const landscape = new Panel(panels, {
    title: "The functions, and the regularizer as it grows", x: "weight θ", y: "loss",
    keys: [["line one", "f₁"], ["line other", "f₋₁"], ["line pull", "λₜ R"], ["dot asked", "gradient taken here"]],
  });
  const paths = new Panel(panels, {
    title: "The latent weight, step by step", x: "step", y: "latent weight θ",
    keys: [["line one", "on f₁"], ["line other", "on f₋₁"], ["dot flip", "sign flip"]],
  });
  const rates = new Panel(panels, {
    title: "The threshold rate of ProxQuant on f₁ (proved)", x: "start θ₀", y: "rate λ",
    keys: [["line threshold-rate", "threshold λ*"], ["dot handle", "this start and rate: drag it"]],
  });

  function run(side) {
    const { method, start, eta, rate, steps } = settings.values;
    return simulate({
      method, start, steps, set: SETS.binary, problem: twoFunctionToy(side),
      eta: () => eta, strength: (t) => rate * t,
    });
  }

  const startHandle = { label: "start", range: [-1.5, 1.5], step: [0.01, 0], move: (x) => settings.drag("start", x) };

  function drawLandscape(runs, step) {
    const { rate, start, method } = settings.values, { regularizer, memory } = METHODS[method];
    const range = [-1.6, 1.6];
    landscape.begin(range, [-0.6, 1.6]);
    if (regularizer !== "indicator") {
      const strength = regularizer === "bump" ? Math.min(rate * step, 1) : rate * step;
      const pull = graph((x) => strength * Math.min(REGULARIZERS[regularizer].value(x, SETS.binary), 99), range);
      landscape.area([...pull, [1.6, 0], [-1.6, 0]], "pull");
      landscape.line(pull, "pull");
    }
    for (const [side, kind] of [[1, "one"], [-1, "other"]]) {
      const f = twoFunctionToy(side), now = runs[kind];
      landscape.line(graph(f.value, range), kind);
      if (memory === "lazy") landscape.dot(now.query[step], f.value(now.query[step]), "dot asked", 8);
      landscape.dot(now.latent[step], f.value(now.latent[step]), `dot ${kind}`);
    }
    landscape.handle("start", start, -0.6, { ...startHandle, value: start });
  }

  function drawPaths(runs, step) {
    const { steps, start } = settings.values;
    const size = Math.max(1.3, ...[...runs.one.latent, ...runs.other.latent].map((x) => 1.1 * Math.abs(x)));
    paths.begin([0, steps], [-size, size]);
    for (const level of SETS.binary.levels) paths.horizontal(level, "level");
    paths.horizontal(0, "threshold");
    paths.vertical(step, "now");
    for (const kind of ["other", "one"]) {
      const { latent, flips } = runs[kind];
      paths.line(latent.map((x, t) => [t, x]), kind);
      latent.forEach((x, t) => flips[t] && t <= step && paths.dot(t, x, "dot flip", 3));
      paths.dot(step, latent[step], `dot ${kind}`);
    }
    paths.handle("start", 0, start, {
      ...startHandle, value: start, step: [0, 0.01], move: (x, y) => settings.drag("start", y),
    });
  }

  function drawRates() {
    const { eta, start, rate } = settings.values;
    const top = Math.min(1.05, Math.max(6 * eta, 1.25 * rate));
    rates.begin([0, 1], [0, top]);
    const from = Math.min(2 * eta, 1);
    const curve = from < 1 ? graph((x) => thresholdRate(eta, x), [from, 1], 300) : [];
    rates.area([[0, 0], [0, top], [from, top], ...curve, [1, 0]], "right");
    rates.line([[from, top], ...curve], "threshold-rate");
    rates.note(0.03, 0.06 * top, "ends at −1, the right vertex of f₁", "start");
    rates.note(0.97, 0.92 * top, "ends at +1", "end");
    rates.handle("both", Math.min(Math.max(start, 0), 1), rate, {
      label: "start and rate", value: `${start}, ${rate}`, range: [0, 1], step: [0.01, 0.005],
      move: (x, y) => {
        settings.drag("start", Math.min(Math.max(x, 0.01), 1));
        settings.drag("rate", Math.min(Math.max(y, 0), 1));
      },
    });
  }

  function describe(runs, step) {
    const count = (kind) => runs[kind].flips.slice(0, step + 1).reduce((a, b) => a + b, 0);
    const same = runs.one.latent.every((x, t) => x === runs.other.latent[t]);
    const paths = same ? "The path is the same on both functions." : "Each function has a path of its own.";
    words.textContent = `Sign flips up to step ${step}: ${count("one")} on f₁, ${count("other")} on f₋₁. ${paths} `
      + predicted(settings.values);
  }

  function draw() {
    const step = Math.min(settings.values.step, settings.values.steps);
    const runs = { one: run(1), other: run(-1) };
    drawLandscape(runs, step);
    drawPaths(runs, step);
    drawRates();
    describe(runs, step);
  }
  for (const panel of [landscape, paths, rates]) panel.redraw = draw;
  settings.listeners.push(draw);
  return { settings, run };
}

/* What the theorem says of ProxQuant at these settings. */
function predicted({ method, start, eta, rate }) {
  if (method === "binaryconnect") return "It sees slopes at −1 and +1 only: they are those of both.";
  if (method !== "proxquant") return "";
  if (!(start > 0 && start <= 1 && rate > 0)) return "The theorem speaks of 0 < θ₀ ≤ 1 and a rate > 0.";
  const near = start < 2 * eta;
  const right = near || rate < thresholdRate(eta, start);
  const why = near ? "θ₀ < 2η" : `λ* = ${written(thresholdRate(eta, start))}`;
  const by = Math.ceil(2 + 2 / rate + 1 / eta);
  return `The theorem: ${why}, so on f₁ it is at ${right ? "−1, the right vertex," : "+1, the wrong vertex,"} from step ${by} on.`;
}

const labels = (registry) => Object.fromEntries(Object.entries(registry).map(([name, { label }]) => [name, label]));
