// A camera and its person's colour: a short film (YUV4MPEG2) that Chromium
// plays in a loop as its fake camera. The ground is one colour, by which a
// test knows whose picture a tile shows; a bar that wanders over it makes
// every frame different from the one before.
import { writeFileSync } from "node:fs";

const width = 320, height = 180, frames = 30;

/** Ground colours that stay apart after encoding: [Y, U, V] of limited range BT.601. */
export const colours = {
  red: [81, 90, 240],
  green: [145, 54, 34],
  blue: [41, 240, 110],
  yellow: [210, 16, 146],
};

/** Writes the film of a colour to path. */
export function film(path, colour) {
  const [y, u, v] = colours[colour];
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420\n`)];
  for (let f = 0; f < frames; f++) {
    const luma = Buffer.alloc(width * height, y);
    // The bar keeps to the middle half, so that the edges are pure ground.
    const left = Math.round(width / 4 + ((width / 2 - 16) * f) / frames);
    for (let row = height / 4; row < (height * 3) / 4; row++) luma.fill(y > 120 ? 16 : 235, row * width + left, row * width + left + 16);
    const chroma = (width / 2) * (height / 2);
    parts.push(Buffer.from("FRAME\n"), luma, Buffer.alloc(chroma, u), Buffer.alloc(chroma, v));
  }
  writeFileSync(path, Buffer.concat(parts));
}

/** The name of the colour whose hue is nearest to an [r, g, b] of a page, or "none". */
export function colourOf([r, g, b]) {
  const max = Math.max(r, g, b), min = Math.min(r, g, b);
  if (max - min < 40) return "none";
  const d = max - min;
  let hue = max === r ? ((g - b) / d) % 6 : max === g ? (b - r) / d + 2 : (r - g) / d + 4;
  hue = (hue * 60 + 360) % 360;
  const hues = { red: 0, yellow: 60, green: 120, blue: 240 };
  const distance = (h) => Math.min(Math.abs(hue - h), 360 - Math.abs(hue - h));
  return Object.keys(hues).reduce((best, c) => (distance(hues[c]) < distance(hues[best]) ? c : best));
}
