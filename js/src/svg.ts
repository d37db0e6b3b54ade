/** A pen that writes SVG: what our drawings draw on a canvas becomes shapes and text. */

import type { Pen } from "./pen.ts";

type Fill = CanvasRenderingContext2D["fillStyle"];

/** What `save` keeps. */
interface State {
  fillStyle: Fill;
  strokeStyle: Fill;
  lineWidth: number;
  lineJoin: CanvasLineJoin;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  dash: number[];
  transform: string;
  /** Groups that were opened since. */
  groups: number;
}

const START: State = {
  fillStyle: "#000",
  strokeStyle: "#000",
  lineWidth: 1,
  lineJoin: "miter",
  globalAlpha: 1,
  font: "10px sans-serif",
  textAlign: "start",
  textBaseline: "alphabetic",
  dash: [],
  transform: "",
  groups: 0,
};

/** How far below the anchor the foot of the letters lies, in font sizes. */
const FEET: Partial<Record<CanvasTextBaseline, number>> = { middle: 0.35, top: 0.78, bottom: -0.22 };
const ANCHORS: Partial<Record<CanvasTextAlign, string>> = { center: "middle", right: "end", end: "end" };

export class SvgPen implements Pen {
  fillStyle!: Fill;
  strokeStyle!: Fill;
  lineWidth!: number;
  lineJoin!: CanvasLineJoin;
  globalAlpha!: number;
  font!: string;
  textAlign!: CanvasTextAlign;
  textBaseline!: CanvasTextBaseline;
  private dash!: number[];
  private transform!: string;
  private groups!: number;
  private readonly saved: State[] = [];
  private readonly parts: string[] = [];
  private path = "";
  private count = 0;

  /** `ruler` measures text. */
  constructor(private readonly ruler: Pick<Pen, "font" | "measureText">) {
    Object.assign(this, START);
  }

  /** The whole picture. */
  finish(width: number, height: number, title: string): string {
    const size = `width="${number(width)}" height="${number(height)}" viewBox="0 0 ${number(width)} ${number(height)}"`;
    const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escaped(title)}</title>`;
    return `${head}\n${this.parts.join("\n")}\n</svg>\n`;
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, lineJoin, globalAlpha, font, textAlign, textBaseline } = this;
    const { dash, transform, groups } = this;
    const style = { fillStyle, strokeStyle, lineWidth, lineJoin, globalAlpha, font, textAlign, textBaseline };
    this.saved.push({ ...style, dash, transform, groups });
    this.groups = 0;
  }

  restore(): void {
    this.parts.push("</g>".repeat(this.groups));
    Object.assign(this, this.saved.pop() ?? START);
  }

  setLineDash(dash: number[]): void {
    this.dash = dash;
  }

  translate(x: number, y: number): void {
    this.transform += `translate(${number(x)} ${number(y)})`;
  }

  rotate(angle: number): void {
    this.transform += `rotate(${number((angle * 180) / Math.PI)})`;
  }

  beginPath(): void {
    this.path = "";
  }

  moveTo(x: number, y: number): void {
    this.path += `M${number(x)} ${number(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `L${number(x)} ${number(y)}`;
  }

  closePath(): void {
    this.path += "Z";
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}Z`;
  }

  /** Whole circles are all that is drawn. */
  arc(x: number, y: number, radius: number): void {
    const [r, d] = [number(radius), number(2 * radius)];
    this.path += `M${number(x + radius)} ${number(y)}a${r} ${r} 0 1 1 -${d} 0a${r} ${r} 0 1 1 ${d} 0Z`;
  }

  clip(): void {
    const id = `clip${++this.count}`;
    const shape = `<path d="${this.path}"${this.placed()}/>`;
    this.parts.push(`<clipPath id="${id}">${shape}</clipPath><g clip-path="url(#${id})">`);
    this.groups++;
  }

  fill(): void {
    if (this.path)
      this.parts.push(`<path d="${this.path}"${this.placed()}${this.paint("fill", this.fillStyle)}/>`);
  }

  stroke(): void {
    if (!this.path) return;
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    const line = ` stroke-width="${number(this.lineWidth)}" stroke-linejoin="${this.lineJoin}"${dash}`;
    this.parts.push(
      `<path d="${this.path}"${this.placed()} fill="none"${this.paint("stroke", this.strokeStyle)}${line}/>`,
    );
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.beginPath();
    this.rect(x, y, width, height);
    this.fill();
  }

  fillText(text: string, x: number, y: number): void {
    const { size, weight, family } = fontOf(this.font);
    const foot = y + size * (FEET[this.textBaseline] ?? 0);
    const font = ` font-size="${number(size)}" font-family="${escaped(family)}"${weight && ` font-weight="${weight}"`}`;
    const anchor = ` text-anchor="${ANCHORS[this.textAlign] ?? "start"}"`;
    this.parts.push(
      `<text x="${number(x)}" y="${number(foot)}"${this.placed()}${font}${anchor}${this.paint("fill", this.fillStyle)}>${escaped(text)}</text>`,
    );
  }

  measureText(text: string): TextMetrics {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  createLinearGradient(x0: number, y0: number, x1: number, y1: number): CanvasGradient {
    const id = `shade${++this.count}`;
    const place = this.parts.push("") - 1;
    const stops: string[] = [];
    const addColorStop = (offset: number, color: string) => {
      stops.push(`<stop offset="${number(offset)}"${colorOf("stop", color, 1, "stop-color")}/>`);
      const ends = `x1="${number(x0)}" y1="${number(y0)}" x2="${number(x1)}" y2="${number(y1)}"`;
      this.parts[place] =
        `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" ${ends}>${stops.join("")}</linearGradient>`;
    };
    return { addColorStop, toString: () => `url(#${id})` } as CanvasGradient;
  }

  /** Only a canvas, in a box of a size that is told. */
  drawImage(image: CanvasImageSource, ...box: number[]): void {
    const [x = 0, y = 0, width = 0, height = 0] = box;
    const place = `x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}"`;
    const href = (image as HTMLCanvasElement).toDataURL("image/png");
    this.parts.push(`<image ${place} preserveAspectRatio="none"${this.placed()} href="${href}"/>`);
  }

  private placed(): string {
    return this.transform && ` transform="${this.transform}"`;
  }

  private paint(part: "fill" | "stroke", style: Fill): string {
    return colorOf(part, String(style), this.globalAlpha, part);
  }
}

/** A colour with its opacity apart: `rgba()` is not known to every reader of SVG. */
function colorOf(part: string, color: string, alpha: number, attribute: string): string {
  const [red, green, blue, own = 1] = /^rgb/.test(color) ? (color.match(/[\d.]+/g) ?? []).map(Number) : [];
  const plain = red === undefined ? color : `rgb(${red},${green},${blue})`;
  const opacity = own * alpha;
  return ` ${attribute}="${escaped(plain)}"${opacity < 1 ? ` ${part}-opacity="${number(opacity)}"` : ""}`;
}

/** Of `"600 12px family, family"`. */
function fontOf(font: string): { size: number; weight: string; family: string } {
  const [, weight = "", size = "10", family = "sans-serif"] = /^(?:(\w+) )?([\d.]+)px (.*)$/.exec(font) ?? [];
  return { size: Number(size), weight, family };
}

/** Two decimals are finer than any screen. */
function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
