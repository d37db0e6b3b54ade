/** Colours and type of the notebook around us, and word of their changes. */

import { onAbort } from "./lifetime.ts";

export interface Theme {
  is_dark: boolean;
  font: string;
  ink: string;
  muted: string;
  grid: string;
  paper: string;
  line: string;
  valley: string;
  growth: string;
  hole: string;
  metric: string;
  quadratic: string;
  /** Of curves that were kept for comparison. */
  kept: readonly string[];
}

// Our own colours: the notebook has none for data. Both sets keep 4.5 : 1 on their paper.
const LIGHT = {
  line: "#1d63b8",
  valley: "#b4460b",
  growth: "#1a7f37",
  hole: "#b3261e",
  metric: "#8f3f8a",
  quadratic: "#6b6b00",
  kept: ["#00735c", "#9c4a00", "#6a4fb3"],
};
const DARK = {
  line: "#79b8ff",
  valley: "#ffa763",
  growth: "#6fdd8b",
  hole: "#ff8a80",
  metric: "#e6a3e0",
  quadratic: "#d8d05a",
  kept: ["#4fd6b4", "#ffb27a", "#c3b1ff"],
};

/** JupyterLab says what it is; elsewhere the colour of the text around us tells. */
export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const told = document.body.dataset.jpThemeLight;
  const isDark = told === undefined ? isPale(style.color) : told === "false";
  const variable = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  return {
    is_dark: isDark,
    ink: variable("--jp-ui-font-color1", isDark ? "#e6e6e6" : "#1f1f1f"),
    font: variable("--jp-ui-font-family", "system-ui, sans-serif"),
    muted: variable("--jp-ui-font-color2", isDark ? "#a8a8a8" : "#5c5c5c"),
    grid: isDark ? "rgba(255, 255, 255, 0.11)" : "rgba(0, 0, 0, 0.09)",
    paper: variable("--jp-layout-color0", isDark ? "#111111" : "#ffffff"),
    ...(isDark ? DARK : LIGHT),
  };
}

function isPale(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return 0.3 * red + 0.59 * green + 0.11 * blue > 128;
}

/** Calls back when the page or the system changes between light and dark. */
export function watchTheme(callback: () => void, signal: AbortSignal): void {
  let before = JSON.stringify(readTheme(document.body));
  const observer = new MutationObserver(() => {
    const now = JSON.stringify(readTheme(document.body)); // a slider that is dragged changes the body's style, too
    if (now !== before) callback();
    before = now;
  });
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: THEME_ATTRIBUTES });
  }
  onAbort(signal, () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback, { signal });
}

const THEME_ATTRIBUTES = ["class", "style", "data-theme", "data-jp-theme-light", "data-jp-theme-name"];
