import { framesOf } from "../../lib/stack-frames";
import { keyText } from "../builders/key";

describe("the frames of an error", () => {
  it("leave out the message, whatever it quotes", () => {
    const error = new Error(`answered ${keyText}\nat last`);
    expect(framesOf(error)).toMatch(/^ +at .*stack-frames\.test\.ts/);
    expect(framesOf(error)).not.toContain("answered");
    expect(framesOf(error)).not.toContain("at last");
  });

  it("lose what looks like a key", () => {
    const error = Object.assign(new Error("refused"), { stack: `Error: refused\n    at ${keyText} (file.js:1:2)` });
    expect(framesOf(error)).toBe("    at [removed: looks like a key] (file.js:1:2)");
  });

  it.each([["a text"], [null], [{ stack: "    at file.js:1:2" }]])("are none of %p", (value) => {
    expect(framesOf(value)).toBe("");
  });
});
