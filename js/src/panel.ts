/** The elements around a canvas: badges, read-out, notes, caption, error. Text is text, so it wraps and is read. */

import type { SliceFrame } from "./frames.ts";
import type { Plot } from "./plot.ts";

/** A picture in words. */
export type Told = Pick<Plot, "frame" | "describe" | "notes">;
export type View = keyof typeof NAMES;

export interface Panel {
  canvas: HTMLCanvasElement;
  /** The box whose size the canvas takes. */
  stage: HTMLElement;
  /** The row above it, with the badges; buttons go at its end. */
  top: HTMLElement;
  showFrame(plot: Told): void;
  showRead(text: string): void;
  showError(text: string): void;
  resize(width: number, height: number): void;
}

export function createPanel(host: HTMLElement, view: View): Panel {
  host.classList.add("lw-host"); // its inline style belongs to the widget's layout, which wipes ours
  const root = add(host, "div", "lw-view");
  root.classList.toggle("lw-small", view === "history");
  // Without it JupyterLab takes the arrow keys for moving between cells.
  root.dataset.lmSuppressShortcuts = "true";
  const style = add(root, "style");
  style.textContent = STYLE;
  const error = add(root, "div", "lw-error");
  error.setAttribute("role", "alert");
  error.hidden = true;
  const top = add(root, "div", "lw-top");
  const head = add(top, "div", "lw-head");
  const progress = add(root, "div", "lw-progress");
  const stage = add(root, "div", "lw-stage");
  const canvas = createCanvas(stage, view);
  const read = add(root, "output", "lw-read");
  const notes = add(root, "div", "lw-notes");
  const caption = add(root, "div", "lw-caption");
  const fillAround = (frame: SliceFrame) => {
    fillHead(head, frame);
    fillProgress(progress, frame.progress);
    if (caption.textContent !== frame.caption) caption.textContent = frame.caption;
  };
  return {
    canvas,
    stage,
    top,
    showFrame(plot) {
      if (plot.frame.view !== "history") fillAround(plot.frame);
      const [told, name] = [plot.notes().join("  ·  "), spoken(plot, view)];
      if (notes.textContent !== told) notes.textContent = told;
      if (canvas.getAttribute("aria-label") !== name) canvas.setAttribute("aria-label", name);
    },
    showRead(text) {
      // Said aloud for who moves by keys, not at every frame of a drag elsewhere.
      read.setAttribute("aria-live", document.activeElement === canvas ? "polite" : "off");
      if (read.textContent !== text) read.textContent = text;
    },
    showError(text) {
      if (error.textContent !== text) error.textContent = text;
      error.hidden = text === "";
    },
    resize(width, height) {
      host.classList.toggle("lw-fixed", width > 0);
      root.style.width = width > 0 ? `${width}px` : "";
      stage.style.height = `${height}px`;
    },
  };
}

function createCanvas(stage: HTMLElement, view: View): HTMLCanvasElement {
  const canvas = add(stage, "canvas", "lw-canvas");
  canvas.tabIndex = 0;
  canvas.dataset.view = view;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${NAMES[view]}, empty`);
  return canvas;
}

export function add<K extends keyof HTMLElementTagNameMap>(
  parent: HTMLElement,
  tag: K,
  className = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.append(element);
  return element;
}

const LOCAL = "Drawn in the browser from what is known; the kernel tells its kind once it has looked at it.";

/** Left as it is where it says the same: a drag draws sixty pictures a second. */
function fillHead(head: HTMLElement, frame: SliceFrame): void {
  const { kind, reason, is_local, is_mined, is_preview } = frame;
  const said = JSON.stringify([kind, reason, is_local, is_mined, is_preview]);
  if (head.dataset.said === said) return;
  head.dataset.said = said;
  head.replaceChildren();
  if (kind) badge(head, "lw-kind", kind, reason);
  else if (is_local) badge(head, "lw-tag", "not judged", LOCAL);
  if (frame.is_mined) badge(head, "lw-tag", "mined", "This direction was constructed; it is not typical.");
  if (frame.is_preview) badge(head, "lw-tag", "preview", "Coarse or unfinished; the full picture follows.");
}

function badge(head: HTMLElement, className: string, text: string, title: string): void {
  const element = add(head, "span", className);
  element.textContent = text;
  element.title = title;
}

function fillProgress(progress: HTMLElement, share: number | null): void {
  progress.style.setProperty("--lw-share", `${100 * (share ?? 0)}%`);
  progress.classList.toggle("lw-busy", share !== null && share < 1);
}

function spoken(plot: Told, view: View): string {
  const { frame } = plot;
  const tags = frame.view === "history" ? "" : spokenTags(frame);
  const said = [
    plot.describe(),
    ...plot.notes().map((note) => note.replace(/^[\u25b2\u25bc\u25bd\u00d7] /, "")),
  ].join(" · ");
  return `${NAMES[view]}${tags}: ${said}. ${HINTS[view] ?? HINTS.other}`;
}

function spokenTags(frame: SliceFrame): string {
  const kind = frame.kind ? `, ${frame.kind}` : frame.is_local ? ", not judged" : "";
  return `${kind}${frame.is_mined ? ", mined" : ""}${frame.is_preview ? ", preview" : ""}`;
}

const NAMES = {
  curve: "loss curve",
  map: "loss map",
  surface: "loss surface",
  history: "progress of mining",
};

const HINTS: Partial<Record<View, string>> & { other: string } = {
  other: "Arrow keys read single points.",
  curve: "Arrow keys read single points; + and - zoom; 0 shows all.",
  map: "Arrow keys read single points; Enter or a click pins one; handles on the line turn it and draw it out.",
  surface:
    "Arrow keys turn it, with Shift they move it; + and - zoom; 1, 2, 3 look from above, front, side; 0 resets.",
};

const STYLE = `
.lw-host { box-sizing: border-box; min-width: 220px; }
.lw-host:not(.lw-fixed) { width: calc(100% - 2 * var(--jp-widgets-margin, 0px)); }
.lw-view { contain: inline-size; max-width: 100%; color: var(--jp-ui-font-color1, inherit);
  font: 12.5px/1.45 var(--jp-ui-font-family, system-ui, sans-serif); }
.lw-top { display: flex; flex-wrap: wrap; gap: 3px 8px; align-items: center; min-height: 22px; }
.lw-top .lw-tools { position: static; margin-left: auto; }
.lw-head { min-height: 22px; display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.lw-kind, .lw-tag { border-radius: 999px; padding: 1px 10px; font-weight: 600; cursor: help; }
.lw-kind { background: #1d63b8; color: #fff; }
.lw-tag { font-weight: 500; border: 1px solid currentColor; padding: 0 9px; opacity: 0.85; }
.lw-progress { height: 2px; margin: 4px 0 0; border-radius: 1px; }
.lw-progress.lw-busy { background: linear-gradient(90deg, #1d63b8 var(--lw-share), rgba(128, 128, 128, 0.25) 0); }
.lw-small .lw-top, .lw-small .lw-progress { display: none; }
.lw-small .lw-read { font-size: 12px; }
.lw-stage { position: relative; overflow: hidden; }
.lw-canvas { position: absolute; inset: 0; width: 100%; height: 100%; outline-offset: -2px; touch-action: pan-y; }
.lw-scene { position: absolute; left: 0; top: 0; pointer-events: none; }
.lw-canvas[data-view="surface"] { cursor: grab; touch-action: none; }
.lw-canvas[data-view="surface"]:active { cursor: grabbing; }
.lw-tools { position: absolute; left: 2px; top: 2px; display: flex; flex-wrap: wrap; gap: 3px; }
.lw-tool { font: 11px/1 var(--jp-ui-font-family, system-ui, sans-serif); color: inherit; cursor: pointer; padding: 4px 7px;
  border: 1px solid transparent; border-radius: 4px; background: color-mix(in srgb, currentColor 7%, transparent); opacity: 0.75; }
.lw-tool:hover, .lw-tool:focus-visible, .lw-tool[aria-pressed="true"] { opacity: 1; border-color: currentColor; }
.lw-tool[aria-pressed="true"] { background: #1d63b8; border-color: #1d63b8; color: #fff; }
.lw-slide { flex-basis: 100%; display: flex; gap: 6px; align-items: center; font-size: 11.5px; }
.lw-slide[hidden] { display: none; }
.lw-slide input { width: 130px; margin: 0; accent-color: #1d63b8; }
.lw-canvas:focus-visible { outline: 2px solid #1d63b8; border-radius: 3px; }
.lw-line { position: absolute; left: 0; top: -1px; height: 2px; transform-origin: 0 1px; background: #fff;
  box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.6); pointer-events: none; }
.lw-knob { position: absolute; left: -12px; top: -12px; width: 24px; height: 24px; cursor: ew-resize; touch-action: none;
  border-radius: 50%; outline-offset: -3px; }
.lw-knob::after { content: ""; position: absolute; inset: 6px; border: 2px solid #fff; background: #1d63b8;
  box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.6); border-radius: 2px; }
.lw-knob-mixing { cursor: grab; }
.lw-knob-mixing:active { cursor: grabbing; }
.lw-knob-mixing::after { border-radius: 50%; }
.lw-knob:focus-visible { outline: 2px solid #1d63b8; }
.lw-knob[hidden], .lw-line[hidden] { display: none; }
.lw-read { display: block; min-height: 1.45em; font-variant-numeric: tabular-nums; }
.lw-notes, .lw-caption { color: var(--jp-ui-font-color2, inherit); font-size: 12px; }
.lw-caption { white-space: pre-line; margin-top: 2px; max-width: 72em; }
.lw-error { white-space: pre-wrap; overflow-wrap: anywhere; margin-bottom: 6px; padding: 6px 10px; border-radius: 4px;
  border-left: 4px solid #d93025; background: rgba(217, 48, 37, 0.12); }
`;
