import {
  type DataFactoryShown,
  dataFactoryState,
  sawDataFactory,
  unseenDataFactory,
} from "../../../../lib/rotation/platforms/data-factory";
import type { DataFactorySeen } from "../../../../lib/rotation/platforms/data-factory-seen";
import { after, aPlatformView, publishedAt, publishedVersion, secretAddress } from "../../../builders/platform";

const reference = { kind: "reference", pinnedTo: null } as const;
const shown = (changes: Partial<DataFactoryShown> = {}): DataFactoryShown => ({
  key: reference,
  oldest: null,
  ...changes,
});
const anActivity = (startedAt: string | null) => ({ activity: "render", pipelineRun: "run-1", startedAt });
const look = (minutes: number, what = shown(), known: DataFactorySeen | null = null): DataFactorySeen =>
  sawDataFactory(aPlatformView("dataFactory", minutes, { seen: known }), secretAddress, what);
const stateAt = (minutes: number, seen: DataFactorySeen | null) =>
  dataFactoryState(aPlatformView("dataFactory", minutes, { seen }));
const wanted = `the secret ${secretAddress}, without a version`;
const of = "linked service AzureBatch1 of render";

describe("a linked service of Data Factory", () => {
  it("that refers to the secret is good where no activity from before the publication runs", () => {
    expect(stateAt(2, look(2))).toEqual({ state: "Good", goodSince: after(2), evidence: "platform" });
    const later = look(2, shown({ oldest: anActivity(after(1.1)) }));
    expect(stateAt(2, later)).toMatchObject({ state: "Good" });
  });

  it.each([
    [after(-300), `began at ${after(-300)}`],
    // The clocks may differ.
    [after(1), `began at ${after(1)}`],
    [null, "does not show when it began"],
  ])("is on the previous key while an activity runs that began at %s", (startedAt, began) => {
    expect(stateAt(5, look(5, shown({ oldest: anActivity(startedAt) })))).toEqual({
      state: "OnPreviousKey",
      detail:
        `activity render of pipeline run run-1 of render still runs and ${began}; ` +
        `version ${publishedVersion} was made at ${publishedAt}`,
      since: publishedAt,
    });
  });

  it.each<[string, DataFactoryShown["key"], string, string]>([
    [
      "has a copy of the key",
      { kind: "copy" },
      "PinnedVersion",
      `${of} has a copy of the key, a copy that must be replaced: set its access key to ${wanted}`,
    ],
    [
      "is fixed to a version",
      { kind: "reference", pinnedTo: "4f2c" },
      "PinnedVersion",
      `${of} is fixed to version 4f2c, so it never reads a new one: set its access key to ${wanted}`,
    ],
    [
      "is unclear",
      { kind: "unclear", what: "names the Batch account other" },
      "NeedsSignal",
      `${of} names the Batch account other, so it does not show which key it uses: set its access key to ${wanted}`,
    ],
  ])("is not good where it %s", (_what, key, state, detail) => {
    expect(stateAt(5, look(5, shown({ key })))).toEqual({ state, detail, since: publishedAt });
  });

  it("is not good before it was looked at, nor long after", () => {
    expect(stateAt(5, null)).toMatchObject({ state: "RefreshPending" });
    const unseen = { ...unseenDataFactory(aPlatformView("dataFactory", 1), secretAddress), problem: "status 403" };
    expect(stateAt(5, unseen)).toMatchObject({ state: "RefreshPending", detail: expect.stringMatching(/status 403$/) });
    expect(stateAt(17.1, look(2))).toMatchObject({ state: "SignalStale" });
  });

  it("is good since the first of the looks that found it so without a break", () => {
    const first = look(2);
    expect(look(7, shown(), first).goodSince).toBe(after(2));
    const broken = look(7, shown({ oldest: anActivity(null) }), first);
    expect(broken.goodSince).toBeNull();
    expect(look(12, shown(), broken).goodSince).toBe(after(12));
    expect(stateAt(12, { ...look(12), goodSince: null })).toMatchObject({ goodSince: after(12) });
  });
});
