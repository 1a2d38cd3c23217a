// Draws every formula of the page with KaTeX; what it cannot read stays there as LaTeX, in red.
addEventListener("DOMContentLoaded", () => {
  const draw = (node, displayMode) =>
    katex.render(node.textContent, node, { displayMode, throwOnError: false, strict: "ignore" });
  document.querySelectorAll("span.math.inline").forEach((node) => draw(node, false));
  document.querySelectorAll("div.math.display > .formula").forEach((node) => draw(node, true));
});
