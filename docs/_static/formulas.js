// Draws every formula of the page with KaTeX; what it cannot read stays there as LaTeX, in red.
addEventListener("DOMContentLoaded", () => {
  const draw = (node, latex, displayMode) =>
    katex.render(latex, node, { displayMode, throwOnError: false, strict: "ignore" });
  document.querySelectorAll("span.math.inline").forEach((node) => draw(node, node.textContent, false));
  const displayed = [...document.querySelectorAll("div.math.display > .formula")];
  displayed.forEach((node) => draw(node, node.textContent, true));
  // what objects in notebooks say of themselves
  document.querySelectorAll(".cell_output *").forEach((node) => {
    const found = node.children.length ? null : /^\s*\$\$([^]*)\$\$\s*$/.exec(node.textContent);
    if (found && !node.closest("pre, .katex")) draw(node, found[1], true);
  });
  // a formula that is wider than the page becomes smaller, and scrolls only where that is not enough
  for (const node of displayed) {
    const share = node.parentElement.clientWidth / node.parentElement.scrollWidth;
    if (share < 1) node.style.fontSize = `${Math.max(0.72, 0.98 * share)}em`;
  }
});
