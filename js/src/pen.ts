/** Strokes and marks that every picture uses. */

/** What our drawings use of a 2D context: a canvas has it, and the recorder of `svg.ts`. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | "fillStyle"
  | "strokeStyle"
  | "lineWidth"
  | "lineJoin"
  | "globalAlpha"
  | "font"
  | "textAlign"
  | "textBaseline"
  | "setLineDash"
  | "save"
  | "restore"
  | "translate"
  | "rotate"
  | "beginPath"
  | "moveTo"
  | "lineTo"
  | "closePath"
  | "rect"
  | "arc"
  | "clip"
  | "fill"
  | "stroke"
  | "fillRect"
  | "fillText"
  | "measureText"
  | "createLinearGradient"
  | "drawImage"
>;

/** Strokes what `trace` adds to a fresh path. */
export function stroke(pen: Pen, color: string, width: number, trace: () => void, dash: number[] = []): void {
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  trace();
  pen.stroke();
  pen.setLineDash([]);
}

/** Adds a line from (x, y) to (x + dx, y + dy) to the path. */
export function segment(pen: Pen, x: number, y: number, dx: number, dy: number): void {
  pen.moveTo(x, y);
  pen.lineTo(x + dx, y + dy);
}

export function dot(pen: Pen, color: string, x: number, y: number, radius: number): void {
  pen.fillStyle = color;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

/** A filled triangle with its tip at (x, y); its base lies `length` below (above when negative). */
export function wedge(pen: Pen, color: string, x: number, y: number, half: number, length: number): void {
  pen.fillStyle = color;
  pen.beginPath();
  traceWedge(pen, x, y, half, length);
  pen.fill();
}

export function traceWedge(pen: Pen, x: number, y: number, half: number, length: number): void {
  pen.moveTo(x, y);
  pen.lineTo(x - half, y + length);
  pen.lineTo(x + half, y + length);
  pen.closePath();
}

/** Runs `paint` with everything outside the box cut off. */
export function clipped(
  pen: Pen,
  box: { left: number; top: number; width: number; height: number },
  paint: () => void,
): void {
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.width, box.height);
  pen.clip();
  paint();
  pen.restore();
}

export function write(
  pen: Pen,
  text: string,
  x: number,
  y: number,
  align: CanvasTextAlign,
  baseline: CanvasTextBaseline,
): void {
  pen.textAlign = align;
  pen.textBaseline = baseline;
  pen.fillText(text, x, y);
}

/** Text that reads upwards; its baseline's middle is at (x, y). */
export function writeUpwards(pen: Pen, text: string, x: number, y: number): void {
  writeTurned(pen, text, x, y, -Math.PI / 2);
}

/** The same for text that reads downwards. */
export function writeDownwards(pen: Pen, text: string, x: number, y: number): void {
  writeTurned(pen, text, x, y, Math.PI / 2);
}

function writeTurned(pen: Pen, text: string, x: number, y: number, angle: number): void {
  pen.save();
  pen.translate(x, y);
  pen.rotate(angle);
  write(pen, text, 0, 0, "center", "alphabetic");
  pen.restore();
}

/** The middle of a pixel, where a line of width 1 fills one row and blurs none. */
export function crisp(position: number): number {
  return Math.round(position) + 0.5;
}

/** A white stroke on a dark one: seen on every colour of a map. */
export function haloed(pen: Pen, width: number, trace: () => void, dash: number[] = []): void {
  stroke(pen, "rgba(0, 0, 0, 0.5)", width + 2, trace, dash);
  stroke(pen, "#fff", width, trace, dash);
}
