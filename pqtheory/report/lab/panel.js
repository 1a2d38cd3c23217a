/* A picture with axes, as wide as its place; what is drawn in it is made anew, its handles stay. */

const MARGIN = { left: 46, right: 18, top: 26, bottom: 46 };

class Panel {
  constructor(root, { title, x, y, height = 260, keys = [] }) {
    const figure = element("figure");
    const caption = element("figcaption", {}, title);
    const legend = element("div", { class: "keys" });
    for (const [kind, text] of keys) {
      const key = element("span", { class: "key" });
      const sample = shape("svg", { width: 26, height: 12, "aria-hidden": "true" });
      sample.append(
        kind.startsWith("dot")
          ? shape("circle", { cx: 13, cy: 6, r: 5, class: kind })
          : shape("line", { x1: 1, x2: 25, y1: 6, y2: 6, class: kind }),
      );
      key.append(sample, document.createTextNode(text));
      legend.append(key);
    }
    this.svg = shape("svg", { role: "group", "aria-label": title });
    this.content = shape("g", {});
    this.handles = shape("g", {});
    this.clip = `clip-${(Panel.count += 1)}`;
    this.svg.append(this.content, this.handles);
    figure.append(caption, legend, this.svg);
    root.append(figure);
    this.labels = { x, y };
    this.height = height;
    this.byName = {};
    this.follow();
  }

  get width() {
    return Math.max(240, this.svg.parentElement.clientWidth);
  }

  /* An empty picture over these ranges of numbers. */
  begin(xRange, yRange) {
    const { width, height } = this;
    this.xRange = xRange;
    this.yRange = yRange;
    this.drawn = width;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    this.content.replaceChildren();
    const box = {
      x: MARGIN.left, y: MARGIN.top,
      width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom,
    };
    const clip = shape("clipPath", { id: this.clip });
    clip.append(shape("rect", box));
    this.content.append(clip, shape("rect", { ...box, class: "frame" }));
    for (const tick of ticks(xRange, width > 420 ? 7 : 5)) {
      const at = this.px(tick);
      this.content.append(shape("line", { x1: at, x2: at, y1: box.y, y2: box.y + box.height, class: "grid" }));
      this.label(at, box.y + box.height + 21, written(tick), "middle");
    }
    for (const tick of ticks(yRange, 5)) {
      const at = this.py(tick);
      this.content.append(shape("line", { x1: box.x, x2: box.x + box.width, y1: at, y2: at, class: "grid" }));
      this.label(box.x - 6, at + 4, written(tick), "end");
    }
    this.label(box.x + box.width, height - 5, this.labels.x, "end", "axis");
    this.label(4, 14, this.labels.y, "start", "axis");
    this.inside = shape("g", { "clip-path": `url(#${this.clip})` });
    this.content.append(this.inside);
  }

  px(x) {
    const [low, high] = this.xRange;
    return MARGIN.left + (x - low) / (high - low) * (this.width - MARGIN.left - MARGIN.right);
  }

  py(y) {
    const [low, high] = this.yRange;
    const inner = this.height - MARGIN.top - MARGIN.bottom;
    // far outside it is cut off all the same, and a drawing of huge numbers is none
    return MARGIN.top + Math.min(Math.max((high - y) / (high - low), -9), 9) * inner;
  }

  label(x, y, text, anchor, kind = "tick") {
    this.content.append(shape("text", { x, y, "text-anchor": anchor, class: kind }, text));
  }

  /* A note at a point of the picture, with a margin round its letters. */
  note(x, y, text, anchor = "middle") {
    this.content.append(shape("text", { x: this.px(x), y: this.py(y), "text-anchor": anchor, class: "note" }, text));
  }

  line(points, kind) {
    const d = points.map(([x, y], i) => `${i ? "L" : "M"}${this.px(x).toFixed(2)} ${this.py(y).toFixed(2)}`);
    this.inside.append(shape("path", { d: d.join(""), class: `line ${kind}` }));
  }

  area(points, kind) {
    const d = points.map(([x, y], i) => `${i ? "L" : "M"}${this.px(x).toFixed(2)} ${this.py(y).toFixed(2)}`);
    this.inside.append(shape("path", { d: `${d.join("")}Z`, class: `area ${kind}` }));
  }

  vertical(x, kind) {
    this.line([[x, this.yRange[0]], [x, this.yRange[1]]], kind);
  }

  horizontal(y, kind) {
    this.line([[this.xRange[0], y], [this.xRange[1], y]], kind);
  }

  dot(x, y, kind, radius = 5) {
    this.inside.append(shape("circle", { cx: this.px(x), cy: this.py(y), r: radius, class: kind }));
  }

  /* A dot that is dragged, or moved by the arrow keys: move(x, y) is told where to, as numbers of the axes. */
  handle(name, x, y, { label, value, range, step, move }) {
    let handle = this.byName[name];
    if (handle === undefined) {
      const dot = shape("circle", { r: 9, class: "handle", tabindex: 0, role: "slider", "aria-label": label });
      handle = this.byName[name] = { dot };
      dot.addEventListener("keydown", (event) => this.pressed(event, name));
      dot.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        dot.focus();
        dot.setPointerCapture(event.pointerId);
        this.dragged = name;
      });
      dot.addEventListener("pointermove", (event) => {
        if (this.dragged === name) this.byName[name].move(...this.at(event));
      });
      for (const end of ["pointerup", "pointercancel"]) {
        dot.addEventListener(end, () => (this.dragged = null));
      }
      this.handles.append(dot);
    }
    Object.assign(handle, { x, y, step, move });
    handle.dot.setAttribute("cx", this.px(x));
    handle.dot.setAttribute("cy", this.py(y));
    handle.dot.setAttribute("aria-valuenow", value);
    handle.dot.setAttribute("aria-valuemin", range[0]);
    handle.dot.setAttribute("aria-valuemax", range[1]);
  }

  pressed(event, name) {
    const { x, y, step, move } = this.byName[name];
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(x + by[0] * step[0], y + by[1] * step[1]);
  }

  /* Where a pointer is, as numbers of the axes. */
  at(event) {
    const box = this.svg.getBoundingClientRect(), scale = this.width / box.width;
    const across = ((event.clientX - box.left) * scale - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right);
    const down = ((event.clientY - box.top) * scale - MARGIN.top) / (this.height - MARGIN.top - MARGIN.bottom);
    const [left, right] = this.xRange, [low, high] = this.yRange;
    return [left + across * (right - left), high - down * (high - low)];
  }

  /* Draw again where the place becomes wider or narrower. */
  follow() {
    new ResizeObserver(() => {
      if (this.drawn !== undefined && this.drawn !== this.width) this.redraw();
    }).observe(this.svg.parentElement);
  }
}
Panel.count = 0;

function shape(tag, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== "") made.textContent = text;
  return made;
}

/* Round numbers in a range, at most `most` of them. */
function ticks([low, high], most) {
  const size = [1, 2, 5, 10].map((m) => m * 10 ** Math.floor(Math.log10((high - low) / most)));
  const step = size.find((s) => Math.floor(high / s) - Math.ceil(low / s) < most) ?? size[3];
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/* A number in a few letters. */
function written(number, digits = 3) {
  return String(Number(number.toPrecision(digits))).replace("-", "−");
}

/* The graph of f over a range. */
function graph(f, [low, high], pieces = 400) {
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const x = low + i / pieces * (high - low);
    return [x, f(x)];
  });
}
