import { withHeartbeat } from "../../../../lib/operations/tick/with-heartbeat";

/** What happened, in order. */
let happened: string[];
beforeEach(() => {
  happened = [];
});
const heartbeat = {
  report: async (outcome: string): Promise<void> => {
    happened.push(`reports ${outcome}`);
  },
};

it.each(["good", "bad"] as const)("a %s run is reported as such, once it has ended", async (outcome) => {
  await withHeartbeat(heartbeat, async () => {
    happened.push("runs");
    return outcome;
  });
  expect(happened).toEqual(["runs", `reports ${outcome}`]);
});

it("a run that throws is reported as bad, and its error reaches the host", async () => {
  const run = withHeartbeat(heartbeat, () => Promise.reject(new Error("a defect")));
  await expect(run).rejects.toThrow("a defect");
  expect(happened).toEqual(["reports bad"]);
});
