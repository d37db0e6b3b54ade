/** GLSL. Lengths are in widths of the box, heights from 0 to 1. */

/** Heights are parted into so many bands; each has the level line that is nearest to it. */
export const BANDS = 128;

export const SURFACE_VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec2 place;
layout(location = 1) in vec3 relief;
uniform mat4 matrix;
uniform vec3 box;
uniform int columns;
out float height;
out float hole;
out vec3 normal;
out vec3 position;
out vec2 square;
out vec2 floor2;

void main() {
  hole = relief.x < -1000.0 ? 1.0 : 0.0;
  height = mix(relief.x, 0.0, hole);
  normal = normalize(vec3(-relief.y * box.y / box.x, 1.0, relief.z * box.y / box.z));
  position = (vec3(place.x, height, 1.0 - place.y) - 0.5) * box;
  square = vec2(gl_VertexID % columns, gl_VertexID / columns);
  floor2 = place;
  gl_Position = matrix * vec4(position, 1.0);
}`;

/**
 * Colour by height, soft light from the upper left of who looks, level lines, and a dark rim where it is cut.
 * With a tint: one colour, a veil between the wires.
 */
export const SURFACE_FRAGMENT = `#version 300 es
precision highp float;
in float height;
in float hole;
in vec3 normal;
in vec3 position;
in vec2 square;
in vec2 floor2;
uniform sampler2D table;
uniform vec4 tint;
uniform vec3 eye;
uniform vec3 light;
uniform vec4 nearest[${BANDS / 4}];
uniform float opacity;
uniform float stride;
uniform float thickness;
out vec4 color;

float lineAt(float distance) { return 1.0 - smoothstep(0.5 * thickness - 0.5, 0.5 * thickness + 0.5, distance); }

void main() {
  float steepness = max(fwidth(height), 1e-5);
  vec2 apart = abs(fract(square / max(stride, 1.0) - 0.5) - 0.5) / fwidth(square / max(stride, 1.0));
  if (hole > 0.001 || height > 1.0 || height < -0.001) discard;
  if (any(lessThan(floor2, vec2(-0.001))) || any(greaterThan(floor2, vec2(1.001)))) discard;
  vec3 own = texture(table, vec2((clamp(height, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  own = mix(own, tint.rgb, tint.a);
  vec3 towards = normalize(eye - position);
  vec3 up = normalize(normal);
  if (dot(up, towards) < 0.0) up = -up;
  float lit = 0.5 + 0.5 * dot(up, light);
  float sky = 0.5 + 0.5 * up.y;
  float shine = pow(max(dot(up, normalize(light + towards)), 0.0), 36.0);
  vec3 seen = own * (0.34 + 0.58 * lit * lit + 0.16 * sky) + 0.10 * shine;
  float wire = 1.0;
  if (stride > 0.0) {
    wire = lineAt(min(apart.x, apart.y));
    if (wire < 0.02 && tint.a == 0.0) discard;
    seen = own * (tint.a == 0.0 ? 0.8 + 0.2 * lit : 0.7 + 0.3 * lit);
    wire = max(wire, 0.3 * tint.a);
  } else {
    float ink = dot(own, vec3(0.3, 0.59, 0.11)) > 0.55 ? 0.0 : 1.0;
    int band = clamp(int(height * ${BANDS}.0), 0, ${BANDS - 1});
    float line = lineAt(abs(height - nearest[band / 4][band % 4]) / steepness);
    seen = mix(seen, vec3(ink), line * mix(0.42, 0.5, ink));
    seen = mix(seen, own * 0.25, 0.8 * lineAt((1.0 - height) / steepness * 0.6));
  }
  float alpha = opacity * wire;
  color = vec4(seen * alpha, alpha);
}`;

/** A segment as a strip of two triangles, as wide on the screen wherever it lies; cut where it passes the eye. */
export const LINE_VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec3 from;
layout(location = 1) in vec3 to;
uniform mat4 matrix;
uniform vec2 viewport;
uniform float width;
uniform float nearer;
out float side;

void main() {
  vec4 a = matrix * vec4(from, 1.0);
  vec4 b = matrix * vec4(to, 1.0);
  float near = 0.1;
  if (a.w < near) a = mix(a, b, (near - a.w) / max(b.w - a.w, 1e-6));
  else if (b.w < near) b = mix(b, a, (near - b.w) / max(a.w - b.w, 1e-6));
  vec2 along = (b.xy / b.w - a.xy / a.w) * viewport;
  float length = max(length(along), 1e-6);
  vec2 out2 = vec2(-along.y, along.x) / length;
  int corner = gl_VertexID % 4;
  side = (corner % 2 == 0 ? -1.0 : 1.0) * (width + 1.0);
  vec4 own = corner < 2 ? a : b;
  own.xy += out2 * side / viewport * own.w;
  own.z -= nearer * own.w;
  gl_Position = own;
}`;

export const LINE_FRAGMENT = `#version 300 es
precision highp float;
in float side;
uniform vec4 color;
uniform float width;
out vec4 shown;

void main() {
  float alpha = color.a * clamp(width + 0.5 - abs(side), 0.0, 1.0);
  shown = vec4(color.rgb * alpha, alpha);
}`;
