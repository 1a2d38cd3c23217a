/* The settings of a bench: controls on the page, and what stands in its address. */

class Settings {
  /* declared: {key: {label, value, and min, max, step | options | flag: true}} */
  constructor(name, root, declared) {
    this.name = name;
    this.declared = declared;
    this.listeners = [];
    this.shown = {};
    this.values = {};
    for (const [key, setting] of Object.entries(declared)) {
      this.values[key] = setting.value;
      root.append(this.control(key, setting));
    }
    const reset = element("button", { type: "button", class: "reset" }, "Reset");
    reset.addEventListener("click", () => this.set(defaults(declared)));
    root.append(reset);
  }

  control(key, setting) {
    const id = `${this.name}-${key}`;
    const field = element("div", { class: setting.flag ? "control flag" : "control" });
    const label = element("label", { for: id }, setting.label);
    const output = element("output", { for: id });
    const input = setting.options
      ? element("select", { id })
      : element("input", { id, type: setting.flag ? "checkbox" : "range" });
    if (setting.options) {
      for (const [value, text] of Object.entries(setting.options)) {
        input.append(element("option", { value }, text));
      }
    } else if (!setting.flag) {
      for (const bound of ["min", "max", "step"]) input.setAttribute(bound, setting[bound]);
    }
    input.addEventListener("input", () => {
      this.set({ [key]: setting.flag ? input.checked : setting.options ? input.value : input.valueAsNumber });
    });
    this.shown[key] = () => {
      const value = this.values[key];
      if (setting.flag) input.checked = value;
      else input.value = value;
      output.textContent = setting.options || setting.flag ? "" : String(value).replace("-", "−");
    };
    field.append(...(setting.flag ? [input, label] : [label, output, input]));
    return field;
  }

  /* Take over what is allowed of `changes`; numbers are kept within their bounds. */
  set(changes) {
    for (const [key, value] of Object.entries(changes)) {
      const setting = this.declared[key];
      if (setting === undefined) continue;
      if (setting.options) {
        if (Object.hasOwn(setting.options, value)) this.values[key] = value;
      } else if (setting.flag) {
        this.values[key] = value === true || value === "1";
      } else if (value !== "" && Number.isFinite(Number(value))) {
        this.values[key] = Math.min(Math.max(Number(value), setting.min), setting.max);
      }
    }
    this.show();
  }

  /* A number as a handle is dragged to it: on the nearest step of its control. */
  drag(key, value) {
    const { min, step } = this.declared[key];
    const digits = (String(step).split(".")[1] ?? "").length;
    this.set({ [key]: Number((min + Math.round((value - min) / step) * step).toFixed(digits)) });
  }

  show() {
    for (const show of Object.values(this.shown)) show();
    for (const listener of this.listeners) listener();
  }

  /* What differs from the defaults, as it stands in the address. */
  query() {
    return Object.entries(this.declared)
      .filter(([key, setting]) => this.values[key] !== setting.value)
      .map(([key]) => [`${this.name}.${key}`, writtenValue(this.values[key])]);
  }
}

const writtenValue = (value) => (typeof value === "boolean" ? (value ? "1" : "0") : String(value));

function defaults(declared) {
  return Object.fromEntries(Object.entries(declared).map(([key, { value }]) => [key, value]));
}

/* The window whose address readers see: of a page inside of another the outer one, where that lets itself be asked. */
function addressed() {
  try {
    return window.parent.location.hash === undefined ? window : window.parent;
  } catch {
    return window;
  }
}

/* Keep the settings of all benches in the address, and follow it where it changes. */
function keepInAddress(benches) {
  const outer = addressed(), { location } = outer;
  let written = null;
  const read = () => {
    if (location.hash === written) return;
    const given = [...new URLSearchParams(location.hash.slice(1))];
    const known = given.some(([key]) => benches.some((settings) => key.startsWith(`${settings.name}.`)));
    // a place of the outer page
    if (outer !== window && !known) return;
    if (outer !== window) window.frameElement.scrollIntoView();
    for (const settings of benches) {
      const own = given.filter(([key]) => key.startsWith(`${settings.name}.`));
      const changes = own.map(([key, value]) => [key.slice(settings.name.length + 1), value]);
      settings.set({ ...defaults(settings.declared), ...Object.fromEntries(changes) });
    }
  };
  const write = () => {
    const query = new URLSearchParams(benches.flatMap((settings) => settings.query())).toString();
    written = query === "" ? "" : `#${query}`;
    try {
      outer.history.replaceState(null, "", `${location.pathname}${location.search}${written}`);
    } catch {
      // a page inside of another may have no address of its own
    }
  };
  // inside of another page the address may say nothing of them
  for (const settings of benches) settings.show();
  read();
  for (const settings of benches) settings.listeners.push(write);
  outer.addEventListener("hashchange", read);
}

function element(tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
