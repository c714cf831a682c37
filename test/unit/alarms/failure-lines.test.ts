import { TransientServiceError } from "../../../lib/errors";
import { receiveSignal } from "../../../lib/signals/receive-signal";
import { toInstant } from "../../../lib/rotation/time/time";
import { hours, minutes } from "../../builders/time";
import { type Line, Rig } from "../../rig/rig";

afterAll(() => jest.restoreAllMocks());

/** The lines logged when a regenerate and a pruning fail with this error. */
const linesOf = async (error: () => Error): Promise<readonly Line[]> => {
  const place = await new Rig().place().adopt();
  const { rig } = place;
  rig.faults.add("history.lastBefore", { when: "before", error });
  await rig.ticking(hours(7));
  rig.faults.add("batch.regenerate", { when: "before", error });
  await place.rotate();
  return rig.lines.filter(({ event }) => event === "AttemptFailed" || event === "NotificationDelayed");
};

describe.each(["AttemptFailed", "NotificationDelayed"])("a log line %s", (kind) => {
  it("names operation and status of a failed service call, and no source location", async () => {
    const lines = await linesOf(() => new TransientServiceError({ operation: "AService", statusCode: 503 }));
    const line = lines.find(({ event }) => event === kind);
    expect(line).toMatchObject({ facts: { operation: "AService", statusCode: 503 } });
    expect(line).not.toHaveProperty("stack");
  });

  it("gives the source location of a defect, without its message", async () => {
    const lines = await linesOf(() => new TypeError("a message that may quote anything"));
    const line = lines.find(({ event }) => event === kind);
    expect(line).toMatchObject({ detail: "unexpected TypeError", stack: expect.stringMatching(/^\s+at \S+/) });
    expect(line).not.toHaveProperty("facts");
    expect(JSON.stringify(line)).not.toContain("quote");
  });
});

test("logs a wrong proof that arrives during another driver's claim, as it cannot go to the history", async () => {
  const { rig, config, record } = await new Rig().place().adopt();
  const at = rig.clock.now();
  const until = toInstant(new Date(at.getTime() + minutes(6)));
  rig.tables.restore({
    ...record,
    claim: { id: "another", by: "schedule", takenAt: toInstant(at), until, intent: null },
  });
  const secretVersion = rig.vault.versions(config.secret).at(-1)?.version ?? "";
  const proof = Buffer.alloc(32).toString("base64");
  const signal = {
    consumer: "render-api",
    instance: "vm-1",
    secretVersion,
    healthy: true,
    leaving: false,
    at: toInstant(at),
    detail: null,
    proof,
  };

  expect(await receiveSignal(rig.app, config, signal)).toMatchObject({ reason: "ProofRefused" });
  expect(rig.logged("ProofRefused")).toEqual([
    {
      event: "ProofRefused",
      level: "warn",
      account: "render-weu",
      detail:
        `a signal of render-api/vm-1 for version ${secretVersion} carried a proof that this version's key does not ` +
        "make",
      by: "signal:render-api",
    },
  ]);
});
