/** The surface on the graphics card: what is sent there, and one function that draws it all. */

import { BOX, type Camera, eyeOf, frameOf, type Matrix, type Point } from "./camera.ts";
import { TABLE } from "./colormap.ts";
import { type GL, makeBuffer, makeColorTexture, makeFloatTexture, makeProgram, type Program } from "./gl.ts";
import { type Mesh, makeIndices, makePlaces } from "./mesh.ts";
import { LINE_FRAGMENT, LINE_VERTEX, MOST_LEVELS, SURFACE_FRAGMENT, SURFACE_VERTEX } from "./shaders.ts";

/** Segments of one colour; two points each. */
export interface Lines {
  points: readonly Point[];
  /** Red, green, blue, opacity, from 0 to 1. */
  color: readonly [number, number, number, number];
  /** CSS pixels. */
  width: number;
  /** Drawn that much nearer than they are, in depths of the picture, so that a surface does not cover its own. */
  nearer: number;
}

export interface Look {
  camera: Camera;
  matrix: Matrix;
  /** Pixels of the canvas, and how many make a CSS pixel. */
  width: number;
  height: number;
  ratio: number;
  /** Heights from 0 to 1 at which level lines run. */
  levels: readonly number[];
  is_wireframe: boolean;
  is_transparent: boolean;
  /** Before the surface, and after it. */
  behind: readonly Lines[];
  before: readonly Lines[];
}

export interface SurfaceScene {
  setMesh(mesh: Mesh): void;
  draw(look: Look): void;
  dispose(): void;
}

const OPACITY = 0.66; // of a transparent surface
const MOST_WIRES = 44; // lines of a wireframe an axis

export function createScene(gl: GL): SurfaceScene {
  const parts = [makeSurface(gl), makeLines(gl)] as const;
  const [surface, lines] = parts;
  gl.enable(gl.DEPTH_TEST);
  gl.depthFunc(gl.LEQUAL);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA); // colours come multiplied by their opacity
  gl.clearColor(0, 0, 0, 0);
  return {
    setMesh: surface.setMesh,
    draw(look) {
      gl.viewport(0, 0, look.width, look.height);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.depthMask(false); // what stands behind hides nothing
      for (const part of look.behind) lines.draw(look, part);
      gl.depthMask(true);
      surface.draw(look);
      for (const part of look.before) lines.draw(look, part);
    },
    dispose() {
      for (const part of [...parts].reverse()) part.dispose();
    },
  };
}

function makeSurface(gl: GL) {
  const program = makeProgram(gl, SURFACE_VERTEX, SURFACE_FRAGMENT);
  const [heights, table] = [makeFloatTexture(gl), makeColorTexture(gl, TABLE)];
  const [places, indices] = [makeBuffer(gl, gl.ARRAY_BUFFER), makeBuffer(gl, gl.ELEMENT_ARRAY_BUFFER)];
  const array = gl.createVertexArray();
  let mesh: Mesh | null = null;
  const setGrid = (next: Mesh) => {
    gl.bindVertexArray(array);
    places.set(makePlaces(next));
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    indices.set(makeIndices(next.columns, next.rows));
    gl.bindVertexArray(null);
  };
  return {
    setMesh(next: Mesh) {
      // A zoom, a mixing: the grid is the same.
      if (!mesh || !isSame(mesh.across, next.across) || !isSame(mesh.away, next.away)) setGrid(next);
      heights.set(next.heights, next.columns, next.rows);
      mesh = next;
    },
    draw(look: Look) {
      if (!mesh) return;
      program.use();
      heights.bind(0);
      table.bind(1);
      setUniforms(gl, program, mesh, look);
      gl.bindVertexArray(array);
      const count = 6 * (mesh.columns - 1) * (mesh.rows - 1);
      const type = mesh.columns * mesh.rows > 65_536 ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT;
      drawSides(gl, look.is_transparent, () => gl.drawElements(gl.TRIANGLES, count, type, 0));
      gl.bindVertexArray(null);
    },
    dispose() {
      gl.deleteVertexArray(array);
      for (const part of [indices, places, table, heights, program]) part.dispose();
    },
  };
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, k) => value === b[k]);
}

/** What is seen through is drawn from back to front: first the sides that face away. */
function drawSides(gl: GL, is_transparent: boolean, draw: () => void): void {
  if (!is_transparent) {
    draw();
    return;
  }
  gl.enable(gl.CULL_FACE);
  for (const side of [gl.FRONT, gl.BACK]) {
    gl.cullFace(side);
    draw();
  }
  gl.disable(gl.CULL_FACE);
}

function setUniforms(gl: GL, program: Program, mesh: Mesh, look: Look): void {
  const { right, up, back } = frameOf(look.camera);
  const light = [0, 1, 2].map((k) => -0.4 * at(right, k) + 0.48 * at(up, k) + 0.78 * at(back, k));
  const levels = look.levels.slice(0, MOST_LEVELS);
  gl.uniform1i(program.at("heights"), 0);
  gl.uniform1i(program.at("table"), 1);
  gl.uniform2i(program.at("size"), mesh.columns, mesh.rows);
  gl.uniformMatrix4fv(program.at("matrix"), false, look.matrix);
  gl.uniform3fv(program.at("box"), BOX);
  gl.uniform3fv(program.at("eye"), eyeOf(look.camera));
  gl.uniform3fv(program.at("light"), light);
  gl.uniform1fv(program.at("levels"), [...levels, 0]); // an empty list is an error
  gl.uniform1i(program.at("count"), levels.length);
  gl.uniform1f(program.at("opacity"), look.is_transparent ? OPACITY : 1);
  gl.uniform1f(program.at("stride"), look.is_wireframe ? Math.ceil(mesh.columns / MOST_WIRES) : 0);
  gl.uniform1f(program.at("thickness"), 1.1 * look.ratio);
}

function at(point: Point, k: number): number {
  return point[k] as number;
}

function makeLines(gl: GL) {
  const program = makeProgram(gl, LINE_VERTEX, LINE_FRAGMENT);
  const ends = makeBuffer(gl, gl.ARRAY_BUFFER);
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  ends.bind();
  for (const end of [0, 1]) {
    gl.enableVertexAttribArray(end);
    gl.vertexAttribPointer(end, 3, gl.FLOAT, false, 24, 12 * end);
    gl.vertexAttribDivisor(end, 1);
  }
  gl.bindVertexArray(null);
  return {
    draw(look: Look, { points, color, width, nearer }: Lines) {
      if (points.length < 2) return;
      program.use();
      gl.bindVertexArray(array);
      ends.set(Float32Array.from(points.flat()));
      gl.uniformMatrix4fv(program.at("matrix"), false, look.matrix);
      gl.uniform2f(program.at("viewport"), look.width, look.height);
      gl.uniform1f(program.at("width"), (width * look.ratio) / 2);
      gl.uniform1f(program.at("nearer"), nearer);
      gl.uniform4fv(program.at("color"), color);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, points.length / 2);
      gl.bindVertexArray(null);
    },
    dispose() {
      gl.deleteVertexArray(array);
      ends.dispose();
      program.dispose();
    },
  };
}
