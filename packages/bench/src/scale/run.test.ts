import { expect, test } from "vitest";
import { quickScale, runScale } from "./run.ts";

test("a move takes as many control messages for each host it concerns in a large lab as in a small one", () => {
  const { figures, samples } = runScale(quickScale, () => {});
  expect(figures[0]).toMatchObject({ name: "scale", ratio: 1, ok: true });
  const [first, ...others] = samples.scale ?? [];
  expect(first).toBeGreaterThan(0);
  expect(others).toEqual([first]);
});
