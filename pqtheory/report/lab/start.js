/* The page: three benches and one address. */

const lab = {
  toy: toyBench(document.getElementById("toy")),
  grid: gridBench(document.getElementById("grid")),
  prox: proxBench(document.getElementById("prox")),
};
keepInAddress(Object.values(lab).map((bench) => bench.settings));

// the address is taken by the settings
for (const link of document.querySelectorAll("[data-to]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(link.dataset.to).scrollIntoView();
  });
}
