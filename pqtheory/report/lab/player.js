/* A button that lets the steps of a bench go by. */

function player(root, settings, last) {
  const button = element("button", { type: "button", class: "play" }, "Play");
  let playing = false, begun = 0, from = 0;
  const stop = () => {
    playing = false;
    button.textContent = "Play";
  };
  const next = (now) => {
    if (!playing) return;
    begun ||= now;
    const end = last(), per = Math.max(end / 8000, 0.01);
    const step = Math.min(end, from + Math.floor((now - begun) * per));
    settings.set({ step });
    if (step >= end) stop();
    else requestAnimationFrame(next);
  };
  button.addEventListener("click", () => {
    if (playing) {
      stop();
      return;
    }
    playing = true;
    begun = 0;
    from = settings.values.step >= last() ? 0 : settings.values.step;
    button.textContent = "Pause";
    requestAnimationFrame(next);
  });
  root.append(button);
}
