import { describe, expect, it } from "vitest";
import { gridOf, pageSize } from "../src/call/layout";

describe("the grid", () => {
  const boxes = [[1252, 660], [374, 650], [344, 560], [740, 300], [1900, 980]] as const;
  it("fits its box for every number of tiles", () => {
    for (const [w, h] of boxes) {
      for (let n = 1; n <= 26; n++) {
        const g = gridOf(n, w, h, 10);
        expect(g.columns * g.rows).toBeGreaterThanOrEqual(n);
        expect(g.columns * g.width + (g.columns - 1) * 10).toBeLessThanOrEqual(w);
        expect(g.rows * g.height + (g.rows - 1) * 10).toBeLessThanOrEqual(h);
        expect(g.width).toBeGreaterThan(0);
      }
    }
  });
  it("puts two side by side on a desk and above each other on a phone", () => {
    expect(gridOf(2, 1252, 660, 10).columns).toBe(2);
    expect(gridOf(2, 374, 650, 10).columns).toBe(1);
  });
  it("keeps tiles between portrait and wide screen", () => {
    for (const [w, h] of boxes) {
      const g = gridOf(5, w, h, 10);
      expect(g.width / g.height).toBeGreaterThan(w > h ? 1.14 : 0.74);
      expect(g.width / g.height).toBeLessThan(1.8);
    }
  });
  it("survives a box without size", () => expect(gridOf(3, 0, 0, 10).width).toBe(0));
});

it("a page holds fewer tiles on a phone and never more than the slots", () => {
  expect(pageSize(1252, 660, 25)).toBe(25);
  expect(pageSize(374, 650, 25)).toBeLessThanOrEqual(12);
  expect(pageSize(100, 100, 25)).toBe(4);
});
