/* The page: three benches and one address. */

const lab = {
  toy: toyBench(document.getElementById("toy")),
  grid: gridBench(document.getElementById("grid")),
  prox: proxBench(document.getElementById("prox")),
};

// inside of another page it is as high as it needs to be
const frame = window.frameElement;
if (frame !== null) {
  new ResizeObserver(() => {
    frame.style.height = `${document.documentElement.offsetHeight + 2}px`;
  }).observe(document.documentElement);
}
keepInAddress(Object.values(lab).map((bench) => bench.settings));

// the address is taken by the settings
for (const link of document.querySelectorAll("[data-to]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(link.dataset.to).scrollIntoView();
  });
}
