/* Bench three: the prox explorer. */

function proxBench(root) {
  const settings = new Settings("prox", root.querySelector(".controls"), {
    set: { label: "levels", value: "binary", options: { binary: "−1, +1", ternary: "−1, 0, +1", "2-bit": "2 bits", "3-bit": "3 bits" } },
    regularizer: { label: "regularizer R", value: "distance", options: labels(REGULARIZERS) },
    theta: { label: "point θ", value: 0.4, min: -2, max: 2, step: 0.01 },
    weight: { label: "weight w", value: 0.3, min: 0, max: 3, step: 0.01 },
  });
  const panels = root.querySelector(".panels"), words = root.querySelector(".words");
  const bowl = new Panel(panels, {
    title: "What the prox minimises: ½(x − θ)² + w R(x)", x: "x", y: "objective",
    keys: [["line one", "objective"], ["line pull", "w R(x)"], ["dot one", "minimiser"], ["dot handle", "θ: drag it"]],
  });
  const map = new Panel(panels, {
    title: "The prox as a map, θ ↦ argmin", x: "θ", y: "prox(θ)",
    keys: [["line one", "prox"], ["line other", "identity"], ["line level", "levels"], ["line threshold", "thresholds"]],
  });
  const range = [-2, 2];

  function answer() {
    const { set, regularizer, theta, weight } = settings.values;
    return proxSet(regularizer, theta, weight, SETS[set]);
  }

  function drawBowl(minimisers) {
    const { set, regularizer, theta, weight } = settings.values, levels = SETS[set];
    // 0 times infinity counts as infinity
    const pull = (x) => {
      const value = REGULARIZERS[regularizer].value(x, levels);
      return value === Infinity ? Infinity : weight * value;
    };
    const objective = (x) => (x - theta) ** 2 / 2 + pull(x);
    const least = objective(minimisers[0]);
    bowl.begin(range, [-0.15, Math.max(1.6, 1.3 * least)]);
    if (regularizer !== "indicator") {
      bowl.line(graph(pull, range, 800).filter(([, y]) => y < Infinity), "pull");
      bowl.line(graph(objective, range, 800).filter(([, y]) => y < Infinity), "one");
    } else {
      bowl.line(graph((x) => (x - theta) ** 2 / 2, range), "other");
    }
    if (regularizer === "indicator") for (const x of levels.levels) bowl.dot(x, objective(x), "dot asked", 5);
    for (const x of minimisers) bowl.dot(x, objective(x), "dot one", 7);
    bowl.handle("theta", theta, -0.15, handle(theta));
  }

  function drawMap(minimisers) {
    const { set, regularizer, theta, weight } = settings.values, levels = SETS[set];
    map.begin(range, range);
    map.line([[-2, -2], [2, 2]], "other");
    for (const level of levels.levels) map.horizontal(level, "level");
    for (const edge of levels.thresholds) map.vertical(edge, "threshold");
    // a piece for each cell: the map may jump between two
    const ends = [-2, ...levels.thresholds, 2];
    for (let i = 1; i < ends.length; i += 1) {
      const inside = [ends[i - 1], ends[i]];
      const piece = graph((t) => REGULARIZERS[regularizer].prox(t, weight, levels), inside, 200).slice(0, -1);
      const last = proxSet(regularizer, ends[i], weight, levels)[0];
      map.line([...piece, [ends[i], last]], "one");
    }
    for (const x of minimisers) map.dot(theta, x, "dot one", 7);
    map.handle("theta", theta, -2, handle(theta));
  }

  const handle = (theta) => ({
    label: "theta", value: theta, range, step: [0.01, 0], move: (x) => settings.drag("theta", x),
  });

  function draw() {
    const { theta, weight, set } = settings.values, minimisers = answer();
    drawBowl(minimisers);
    drawMap(minimisers);
    const tie = minimisers.length > 1;
    const at = SETS[set].levels.includes(minimisers[0]) ? "It is a level." : "It is on its way to a level.";
    words.textContent = tie
      ? `θ = ${written(theta)} is a midpoint: ${minimisers.map((x) => written(x)).join(" and ")} are both minimisers; `
        + "the methods take the larger."
      : `With w = ${written(weight)} the prox of θ = ${written(theta)} is ${written(minimisers[0], 5)}. ${at}`;
  }
  for (const panel of [bowl, map]) panel.redraw = draw;
  settings.listeners.push(draw);
  return { settings, answer };
}
