"""The colours of the page that shows a widget: ipyvolume paints its own background and cannot read CSS."""

from __future__ import annotations

import anywidget
import traitlets

# Colours are read off a probe element, so that any theme and any front end is understood.
ESM = """
function colorOf(variable, fallback) {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable}, ${fallback})`;
  document.body.append(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number);
  probe.remove();
  return "#" + [r, g, b].map((c) => Math.round(c).toString(16).padStart(2, "0")).join("");
}
export default {
  initialize({ model }) {
    const read = () => {
      model.set("background", colorOf("--jp-layout-color0", "#ffffff"));
      model.set("foreground", colorOf("--jp-ui-font-color1", "#202020"));
      model.save_changes();
    };
    read();
    const observer = new MutationObserver(read);
    observer.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-name"] });
    return () => observer.disconnect();
  },
};
"""


class PageTheme(anywidget.AnyWidget):
    """Tells Python the page's colours as "#rrggbb", now and after each change of theme. Never displayed."""

    _esm = ESM
    background = traitlets.Unicode("#ffffff").tag(sync=True)
    foreground = traitlets.Unicode("#202020").tag(sync=True)

    def __repr__(self) -> str:
        return "PageTheme()"
