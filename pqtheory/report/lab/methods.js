/* A method = which memory x which regularizer's prox, at which strength lambda_t; run from one start.

   eager: theta <- prox(theta - eta g), weight eta lambda_t, gradient at theta
   lazy:  theta <- theta - eta g,       weight lambda_t,     gradient at prox(theta) */

const METHODS = {
  binaryconnect: { label: "BinaryConnect", memory: "lazy", regularizer: "indicator" },
  lazyprox: { label: "lazy prox (the W)", memory: "lazy", regularizer: "distance" },
  proxquant: { label: "ProxQuant", memory: "eager", regularizer: "distance" },
  parq: { label: "PARQ", memory: "lazy", regularizer: "bump" },
};

/* The run as arrays over the steps 0, ..., steps.

   problem: {gradient(x, t)}; eta(t), strength(t): schedules; momentum: v <- momentum v + g, theta <- theta - eta v. */
function simulate({ method, set, problem, start, steps, eta, strength, momentum = 0 }) {
  const { memory, regularizer } = METHODS[method];
  const map = (t, w) => REGULARIZERS[regularizer].prox(t, w, set);
  const run = { latent: [], query: [], quantized: [], gradients: [], flips: [] };
  let theta = start, velocity = 0;
  for (let t = 0; t <= steps; t += 1) {
    const query = memory === "eager" ? theta : map(theta, strength(t));
    const gradient = problem.gradient(query, t);
    const quantized = nearest(theta, set);
    run.flips.push(t > 0 && quantized !== run.quantized[t - 1] ? 1 : 0);
    run.latent.push(theta);
    run.query.push(query);
    run.quantized.push(quantized);
    run.gradients.push(gradient);
    velocity = momentum * velocity + gradient;
    const moved = theta - eta(t) * velocity;
    theta = memory === "eager" ? map(moved, eta(t) * strength(t)) : moved;
  }
  return run;
}

/* f_side(x) = |x + side / 2| - 1 / 2. */
const twoFunctionToy = (side) => ({
  value: (x) => (Math.abs(2 * x + side) - 1) / 2,
  gradient: (x) => (2 * x + side >= 0 ? 1 : -1),
});

/* Least rate lambda from which ProxQuant no longer reaches -1 on f_1; 2 eta <= theta_0 <= 1, eta <= 1/2. */
function thresholdRate(eta, start) {
  const r = start / eta, n = Math.max(2, Math.ceil(2 * r - 3));
  return 2 * (n + 1 - r) / (n * (n - 1));
}

/* Standard normal numbers, the same for the same seed everywhere (Marsaglia's xorshift; Box and Muller). */
function normalNoise(seed, count) {
  let bits = seed | 1;
  const uniform = () => {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    return (bits >>> 0) / 2 ** 32;
  };
  // the first numbers after a small seed are small
  for (let i = 0; i < 20; i += 1) uniform();
  return Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  });
}
