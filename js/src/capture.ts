/** A view as a file: PNG or SVG, with what it shows written below. */

import type { SliceFrame } from "./frames.ts";
import { type Pen, write } from "./pen.ts";
import type { Size } from "./plot.ts";
import { SvgPen } from "./svg.ts";
import type { Theme } from "./theme.ts";
import type { Tool } from "./tools.ts";

const MARGIN = 14;
const LINE = 16; // pixels of a line of the caption
const HEADLINE = 22;
const LEAST_RATIO = 2; // device pixels a CSS pixel of a PNG

/** What is to be saved. */
export interface Shot {
  frame: SliceFrame;
  /** Of the view: `"curve"`, `"map"`, `"surface"`. */
  view: string;
  size: Size;
  theme: Theme;
  /** What the view says below its picture. */
  notes: string[];
  draw(pen: Pen): void;
}

/** The two buttons; `shoot` gives null while there is nothing to save. */
export function captureTools(shoot: () => Shot | null): Tool[] {
  const tool = (text: string, title: string, save: (shot: Shot) => void): Tool => ({
    text,
    title,
    press() {
      const shot = shoot();
      if (shot) save(shot);
    },
  });
  return [
    tool("PNG", "Save this picture, with its caption, as pixels", savePng),
    tool("SVG", "Save this picture, with its caption, as drawing", saveSvg),
  ];
}

function savePng(shot: Shot): void {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const ratio = Math.max(shot.size.ratio, LEAST_RATIO);
  const sheet = layOut(pen, shot);
  [canvas.width, canvas.height] = [Math.round(sheet.width * ratio), Math.round(sheet.height * ratio)];
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  sheet.draw(pen);
  canvas.toBlob((blob) => blob && download(blob, `${fileName(shot)}.png`));
}

function saveSvg(shot: Shot): void {
  const text = svgText(shot);
  if (text) download(new Blob([text], { type: "image/svg+xml" }), `${fileName(shot)}.svg`);
}

/** The picture as SVG; null where there is no canvas to measure text on. */
export function svgText(shot: Shot): string | null {
  const ruler = document.createElement("canvas").getContext("2d");
  if (!ruler) return null;
  const pen = new SvgPen(ruler);
  const sheet = layOut(pen, shot);
  sheet.draw(pen);
  return pen.finish(sheet.width, sheet.height, headline(shot));
}

/** Picture, headline and caption on one sheet. */
function layOut(pen: Pen, shot: Shot): { width: number; height: number; draw(pen: Pen): void } {
  const { size, theme } = shot;
  pen.font = `11.5px ${theme.font}`;
  const lines = [shot.notes.join(" · "), shot.frame.about || shot.frame.caption]
    .flatMap((text) => text.split("\n"))
    .flatMap((text) => wrapped(pen, text, size.width));
  const foot = HEADLINE + size.height;
  const height = 2 * MARGIN + foot + LINE * lines.length + 4;
  const draw = (on: Pen) => {
    on.fillStyle = theme.paper;
    on.fillRect(0, 0, size.width + 2 * MARGIN, height);
    on.save();
    on.translate(MARGIN, MARGIN);
    on.fillStyle = theme.ink;
    on.font = `600 13px ${theme.font}`;
    write(on, headline(shot), 0, 11, "left", "alphabetic");
    on.save();
    on.translate(0, HEADLINE);
    shot.draw(on);
    on.restore();
    on.fillStyle = theme.muted;
    on.font = `11.5px ${theme.font}`;
    lines.forEach((line, k) => {
      write(on, line, 0, foot + LINE * (k + 1), "left", "alphabetic");
    });
    on.restore();
  };
  return { width: size.width + 2 * MARGIN, height, draw };
}

/** Kind, and what must not be taken for typical or finished. */
export function headline({ frame, view }: Shot): string {
  const tags = [
    `loss ${view}`,
    frame.kind,
    frame.is_mined ? "mined" : "not mined",
    frame.is_preview && "preview",
  ];
  return tags.filter(Boolean).join(" · ");
}

/** Lines no wider than there is room; a word that is wider has one to itself. */
export function wrapped(pen: Pick<Pen, "measureText">, text: string, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (line && pen.measureText(longer).width > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line ? [...lines, line] : lines;
}

/** Such as `loss-curve-w-peak-mined`. */
export function fileName({ frame, view }: Shot): string {
  return ["loss", view, frame.kind, frame.is_mined ? "mined" : ""].filter(Boolean).join("-");
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // a browser may begin to read it late
}
