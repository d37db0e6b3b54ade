/** The legend above a picture: samples and words in rows, as many as there is need of. */

import { cutTo, setFont, TICK_SIZE } from "./axes.ts";
import { type Pen, write } from "./pen.ts";
import type { Theme } from "./theme.ts";

export const LEGEND_ROW = 16; // pixels
export const SAMPLE = 18; // pixels that an entry's sample is wide
const GAP = 14; // between two entries

export interface Entry {
  words: string;
  /** Draws the sample from `x` to `x + SAMPLE`, around the height `y`. */
  sample(x: number, y: number): void;
}

export interface Legend {
  /** Of all rows together, in pixels. */
  height: number;
  draw(): void;
}

/** Where each entry stands between left and right; rows break where there is little room. */
export function layLegend(
  pen: Pen,
  theme: Theme,
  left: number,
  right: number,
  entries: readonly Entry[],
): Legend {
  setFont(pen, theme, TICK_SIZE);
  let [x, y] = [left, LEGEND_ROW / 2 + 1];
  const placed = entries.map(({ words, sample }) => {
    const text = cutTo(pen, words, right - left - SAMPLE - 4);
    const width = SAMPLE + 4 + pen.measureText(text).width;
    if (x > left && x + width > right) [x, y] = [left, y + LEGEND_ROW];
    const at = { text, sample, x, y };
    x += width + GAP;
    return at;
  });
  const draw = () => {
    setFont(pen, theme, TICK_SIZE);
    for (const { text, sample, x, y } of placed) {
      sample(x, y);
      pen.fillStyle = theme.ink;
      write(pen, text, x + SAMPLE + 4, y + 0.5, "left", "middle");
    }
  };
  return { height: placed.length === 0 ? 0 : y + LEGEND_ROW / 2 - 1, draw };
}
