// The page of `redraw.py`: models without a kernel, views of the bundle, and a drag that is timed.
() => {
  const own = { now: 0, frames: [], long: 0, drawn: 0 };
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    request((time) => {
      const start = performance.now();
      callback(time);
      own.now += performance.now() - start;
    });
  new PerformanceObserver((list) => {
    own.long += list.getEntries().length;
  }).observe({ type: "longtask" });

  const bytes = (value) => {
    if (value === null || typeof value !== "object") return value;
    if (typeof value.base64 === "string") {
      return new DataView(Uint8Array.from(atob(value.base64), (sign) => sign.charCodeAt(0)).buffer);
    }
    if (Array.isArray(value)) return value.map(bytes);
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bytes(part)]));
  };

  const makeModel = (state, models) => {
    const heard = new Map();
    const model = {
      get: (name) => state[name],
      set(name, value) {
        state[name] = value;
        for (const callback of heard.get(`change:${name}`) ?? []) callback();
      },
      save_changes: () => undefined,
      on: (event, callback) => heard.set(event, [...(heard.get(event) ?? []), callback]),
      off: () => undefined,
      widget_manager: { get_model: async (id) => models[id] },
    };
    return model;
  };

  window.start = async ({ bundle, known, frames, resolution }) => {
    const models = {};
    const values = { mixing: 0, scale: 1, resolution, lock_axes: false };
    for (const [name, value] of Object.entries(values)) models[name] = makeModel({ value }, models);
    const controls = Object.fromEntries(Object.keys(values).map((name) => [name, `IPY_MODEL_${name}`]));
    models.shared = makeModel({ frame: bytes(known), controls }, models);
    window.mixing = models.mixing;
    const grid = document.createElement("div");
    grid.style.cssText = "display:flex;flex-wrap:wrap;gap:8px";
    document.body.append(grid);
    for (const [view, frame] of Object.entries(frames)) {
      const el = document.createElement("div");
      el.style.cssText = "width:480px";
      grid.append(el);
      const state = { view, frame: bytes(frame), error: "", known: "IPY_MODEL_shared", width: 0, seq: 0, ack: 0 };
      const height = view === "surface" ? 344 : view === "map" ? 210 : 160;
      const model = makeModel({ ...state, height, wireframe: false, transparent: false }, models);
      const url = URL.createObjectURL(new Blob([bundle], { type: "text/javascript" }));
      const { default: widget } = await import(url);
      widget.initialize({ model });
      widget.render({ model, el });
    }
  };

  const frame = () => new Promise((resolve) => request(() => setTimeout(resolve, 0)));

  /** So many moves, one a frame; what our code took for each. Without `moves`, the same frames and no move. */
  window.drag = async (moves, moving) => {
    Object.assign(own, { frames: [], long: 0, drawn: 0 });
    for (let k = 1; k <= moves; k++) {
      own.now = 0;
      if (moving) window.mixing.set("value", (k * 3) % 90);
      await frame();
      await frame();
      if (own.now > 0) own.drawn++;
      own.frames.push(own.now);
    }
    return { own: own.frames, long: own.long, drawn: own.drawn };
  };
}
