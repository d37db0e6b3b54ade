/** One colour table of 256 entries: dark violet over blue and green to yellow, ever lighter. */

const ANCHORS = [
  "#440154",
  "#472d7b",
  "#3b528b",
  "#2c728e",
  "#21918c",
  "#28ae80",
  "#5ec962",
  "#addc30",
  "#fde725",
];

export const TABLE = makeTable(ANCHORS);

/** `[256 * 3]`: red, green, blue of each entry, linear between evenly spaced anchors. */
export function makeTable(anchors: readonly string[]): Uint8ClampedArray {
  const table = new Uint8ClampedArray(256 * 3);
  for (let entry = 0; entry < 256; entry++) {
    const at = (entry / 255) * (anchors.length - 1);
    const left = Math.min(Math.floor(at), anchors.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const from = channelOf(anchors[left] as string, channel);
      const to = channelOf(anchors[left + 1] as string, channel);
      table[entry * 3 + channel] = from + (at - left) * (to - from);
    }
  }
  return table;
}

function channelOf(hex: string, channel: number): number {
  return Number.parseInt(hex.slice(1 + 2 * channel, 3 + 2 * channel), 16);
}

/** The entry for a place from 0 to 1; what lies outside gets the end's colour. */
export function entryOf(place: number): number {
  return place <= 0 ? 0 : place >= 1 ? 255 : Math.round(place * 255);
}

export function cssColor(place: number): string {
  const at = entryOf(place) * 3;
  return `rgb(${TABLE[at]}, ${TABLE[at + 1]}, ${TABLE[at + 2]})`;
}
