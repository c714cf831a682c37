import { type BuiltApp, buildApp, builtApp } from "../app/built-app";
import { alwaysOpenGate } from "./always-open-gate";
import { runDemo } from "./run-demo";

/** Longer than any demo may take, so that one that hangs is told from one that is slow. */
const maxMs = 150_000;
const demoMs = 60_000;

/** A key is 86 characters of base64 and its padding; the longest else is a hash of an event, 64 in hexadecimal. */
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
  "the demo rotates three accounts while two apps work, without one refused call",
  async () => {
    const began = Date.now();
    const demo = await runDemo(kept(await builtApp()));
    expect([demo.code, demo.shown]).toEqual([0, expect.stringContaining("no consumer call was refused")]);
    expect(Date.now() - began).toBeLessThan(demoMs);
    expect(demo.shown.match(/RotationCompleted/g)).toHaveLength(3);
    for (const account of ["render", "nightly", "archive"])
      expect(demo.shown).toMatch(new RegExp(`^  ${account} .* s$`, "m"));
    expect(demo.refused).toBe(0);
    expect(demo.answered).toBeGreaterThan(500);
    expect(keyLike.test(demo.kept)).toBe(false);
  },
  maxMs,
);

test(
  "with a gate that never shuts, the demo fails and tells of refused calls",
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
