/** What the sliders of a picture say. */

export interface Asked {
  /** Degrees. */
  mixing: number;
  /** h of the span (-h, h). */
  scale: number;
  resolution: number;
}
