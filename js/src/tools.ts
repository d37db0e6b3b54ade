/** The buttons of a view: standard views, switches, and what is saved. */

import { add } from "./panel.ts";

export interface Tool {
  text: string;
  title: string;
  press(): void;
  /** Of a switch: whether it is on. */
  isOn?: () => boolean;
  /** Of a button that is not always of use. */
  isOffered?: () => boolean;
}

/** Returns what shows the switches as they stand. */
export function addTools(
  stage: HTMLElement,
  tools: readonly Tool[],
  signal: AbortSignal,
  label = "view of the surface",
): () => void {
  const row = add(stage, "div", "lw-tools");
  row.setAttribute("role", "toolbar");
  row.setAttribute("aria-label", label);
  const updates = tools.map((tool) => addTool(row, tool, signal));
  const update = () => {
    for (const one of updates) one();
  };
  update();
  return update;
}

function addTool(
  row: HTMLElement,
  { text, title, press, isOn, isOffered }: Tool,
  signal: AbortSignal,
): () => void {
  const button = add(row, "button", "lw-tool");
  button.type = "button";
  button.textContent = text;
  button.title = title;
  button.addEventListener("click", press, { signal });
  return () => {
    if (isOn) button.setAttribute("aria-pressed", String(isOn()));
    if (isOffered) button.hidden = !isOffered();
  };
}
