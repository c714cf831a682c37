import { type BuiltApp, buildApp, builtApp } from "../app/built-app";
import { alwaysOpenGate } from "./always-open-gate";
import { maxMs, runDemo } from "./run-demo";

/** A key has 86 characters of base64 and padding; the longest other text is a hash of 64 hexadecimal digits. */
const keyLike = /[A-Za-z0-9+/]{72}/;

const apps: BuiltApp[] = [];
const kept = (app: BuiltApp): string => {
  apps.push(app);
  return app.folder;
};
afterAll(() => {
  for (const app of apps) app.remove();
});

test(
  "the demo rotates four accounts without a refused call, and repairs a key in use that a person regenerates",
  async () => {
    const demo = await runDemo(kept(await builtApp()));
    expect([demo.code, demo.shown]).toEqual([0, expect.stringContaining("no consumer call was refused")]);
    expect(demo.shown.match(/RotationCompleted/g)).toHaveLength(4);
    for (const account of ["render", "nightly", "archive", "hosted"])
      expect(demo.shown).toMatch(new RegExp(`^  ${account} .* s$`, "m"));
    expect(demo.refused).toBe(0);
    expect(demo.shown).toMatch(/DriftRepaired .* an event of Azure .* regenerateKeys was called by grace@contoso/);
    expect(demo.shown).toMatch(/calls were refused for [\d.]+ s after a person regenerated the key in use/);
    expect(demo.answered).toBeGreaterThan(100);
    expect(keyLike.test(demo.kept)).toBe(false);
  },
  maxMs,
);

test(
  "the demo fails and reports refused calls with a gate that never shuts",
  async () => {
    const demo = await runDemo(kept(await buildApp([alwaysOpenGate])));
    expect([demo.code, demo.shown]).toEqual([
      1,
      expect.stringMatching(/^Failed after .*\d+ consumer calls were refused$/m),
    ]);
    expect(demo.refused).toBeGreaterThan(0);
    expect(keyLike.test(demo.kept)).toBe(false);
  },
  maxMs,
);
