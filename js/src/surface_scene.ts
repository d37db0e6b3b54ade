/** The surface on the graphics card: what is sent there, and one function that draws it all. */

import type { Camera, Matrix, Point } from "./camera.ts";
import { type GL, makeBuffer, makeProgram } from "./gl.ts";
import { type Mesh, makeEnds, makeStrips } from "./mesh.ts";
import { LINE_FRAGMENT, LINE_VERTEX } from "./shaders.ts";
import { makeLayers } from "./surface_layers.ts";

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
  /** The colour of the second surface, 0 to 1. */
  tint: readonly [number, number, number];
  /** Before the surface, and after it. */
  behind: readonly Lines[];
  before: readonly Lines[];
}

export interface SurfaceScene {
  setMesh(mesh: Mesh): void;
  /** A second surface, in one colour; null for none. */
  setOver(mesh: Mesh | null): void;
  draw(look: Look): void;
  dispose(): void;
}

export function createScene(gl: GL): SurfaceScene {
  const parts = [makeLayers(gl), makeLines(gl)] as const;
  const [layers, lines] = parts;
  gl.enable(gl.DEPTH_TEST);
  gl.depthFunc(gl.LEQUAL);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA); // colours come multiplied by their opacity
  gl.clearColor(0, 0, 0, 0);
  return {
    setMesh: layers.setMesh,
    setOver: layers.setOver,
    draw(look) {
      gl.viewport(0, 0, look.width, look.height);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.depthMask(false); // what stands behind hides nothing
      for (const part of look.behind) lines.draw(look, part);
      gl.depthMask(true);
      layers.draw(look);
      for (const part of look.before) lines.draw(look, part);
      gl.depthMask(false); // its far side is seen through its near one
      layers.drawOver(look);
      gl.depthMask(true);
    },
    dispose() {
      for (const part of [...parts].reverse()) part.dispose();
    },
  };
}

/** Two triangles a segment. Instances would be fewer bytes, but without a graphics card each is a draw of its own. */
function makeLines(gl: GL) {
  const program = makeProgram(gl, LINE_VERTEX, LINE_FRAGMENT);
  const [ends, indices] = [makeBuffer(gl, gl.ARRAY_BUFFER), makeBuffer(gl, gl.ELEMENT_ARRAY_BUFFER)];
  const array = gl.createVertexArray();
  let room = 0; // segments that there are indices for
  gl.bindVertexArray(array);
  ends.bind();
  for (const end of [0, 1]) {
    gl.enableVertexAttribArray(end);
    gl.vertexAttribPointer(end, 3, gl.FLOAT, false, 24, 12 * end);
  }
  gl.bindVertexArray(null);
  return {
    draw(look: Look, { points, color, width, nearer }: Lines) {
      const count = points.length / 2;
      if (count < 1) return;
      program.use();
      gl.bindVertexArray(array);
      ends.set(makeEnds(points));
      if (count > room) indices.set(makeStrips(count));
      room = Math.max(room, count);
      gl.uniformMatrix4fv(program.at("matrix"), false, look.matrix);
      gl.uniform2f(program.at("viewport"), look.width, look.height);
      gl.uniform1f(program.at("width"), (width * look.ratio) / 2);
      gl.uniform1f(program.at("nearer"), nearer);
      gl.uniform4fv(program.at("color"), color);
      gl.drawElements(gl.TRIANGLES, 6 * count, gl.UNSIGNED_INT, 0);
      gl.bindVertexArray(null);
    },
    dispose() {
      gl.deleteVertexArray(array);
      for (const part of [ends, indices, program]) part.dispose();
    },
  };
}
