import { builtApp } from "../app/built-app";
import { maxMs, runDemo } from "./run-demo";

const keyLike = /[A-Za-z0-9+/]{72}/;

test(
  "the demo of a fleet finds 200 accounts by their tag, rotates canaries first, then waves, and shows it stopped",
  async () => {
    const app = await builtApp();
    try {
      const { code, shown, kept } = await runDemo(app.folder, ["--fleet"]);
      expect([code, shown]).toEqual([0, expect.stringMatching(/^Done in [\d.]+ s: found, canaries first, in waves/m)]);
      expect(shown).toMatch(/^ +accounts found by their tag +200$/m);
      expect(shown).toMatch(/ canaries +render001 and render002 have rotated; 0 others started before$/m);
      expect(Number(/most rotations at once +(\d+)/.exec(shown)?.[1])).toBeLessThanOrEqual(12);
      expect(shown).toMatch(/^ +wait: FleetStopped +1\d\d$/m);
      expect(shown).toMatch(/^ +refused +0$/m);
      expect(keyLike.test(kept)).toBe(false);
    } finally {
      app.remove();
    }
  },
  maxMs,
);
