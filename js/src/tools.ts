/** The buttons on a surface: standard views, and switches. */

import { add } from "./panel.ts";

export interface Tool {
  text: string;
  title: string;
  press(): void;
  /** Of a switch: whether it is on. */
  isOn?: () => boolean;
}

/** Returns what shows the switches as they stand. */
export function addTools(stage: HTMLElement, tools: readonly Tool[], signal: AbortSignal): () => void {
  const row = add(stage, "div", "lw-tools");
  row.setAttribute("role", "toolbar");
  row.setAttribute("aria-label", "view of the surface");
  const updates = tools.map((tool) => addTool(row, tool, signal));
  const update = () => {
    for (const one of updates) one();
  };
  update();
  return update;
}

function addTool(row: HTMLElement, { text, title, press, isOn }: Tool, signal: AbortSignal): () => void {
  const button = add(row, "button", "lw-tool");
  button.type = "button";
  button.textContent = text;
  button.title = title;
  button.addEventListener("click", press, { signal });
  return () => {
    if (isOn) button.setAttribute("aria-pressed", String(isOn()));
  };
}
