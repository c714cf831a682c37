import { TransientServiceError } from "../../../lib/errors";
import { hours } from "../../builders/time";
import { type Line, Rig } from "../../scenarios/alarms/rig";

afterAll(() => jest.restoreAllMocks());

/** What is logged of a regenerate and of a pruning that fail in this way. */
const linesOf = async (error: () => Error): Promise<readonly Line[]> => {
  const place = await new Rig().place().adopt();
  const { rig } = place;
  rig.faults.add("history.lastBefore", { when: "before", error });
  await rig.ticking(hours(7));
  rig.faults.add("batch.regenerate", { when: "before", error });
  await place.rotate();
  return rig.lines.filter(({ event }) => event === "TryFailed" || event === "TellingDelayed");
};

describe.each(["TryFailed", "TellingDelayed"])("a line %s", (kind) => {
  it("tells the operation and the status of a service that failed, and no place in the code", async () => {
    const lines = await linesOf(() => new TransientServiceError({ operation: "AService", statusCode: 503 }));
    const line = lines.find(({ event }) => event === kind);
    expect(line).toMatchObject({ facts: { operation: "AService", statusCode: 503 } });
    expect(line).not.toHaveProperty("stack");
  });

  it("tells where a defect is, without its message", async () => {
    const lines = await linesOf(() => new TypeError("a message that may quote anything"));
    const line = lines.find(({ event }) => event === kind);
    expect(line).toMatchObject({ detail: "unexpected TypeError", stack: expect.stringMatching(/^\s+at \S+/) });
    expect(line).not.toHaveProperty("facts");
    expect(JSON.stringify(line)).not.toContain("quote");
  });
});
