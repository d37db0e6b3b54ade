/** What the sliders of a picture say. */

export interface Asked {
  /** Degrees. */
  mixing: number;
  /** h of the span (-h, h). */
  scale: number;
  resolution: number;
  /** Of the snapshot of mining that is shown; absent where nothing is mined. */
  step?: number;
}
