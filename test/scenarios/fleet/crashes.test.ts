import { noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";
import { days, minutes } from "../../builders/time";
import { FleetStory } from "./fleet-story";

const fleet = { ...noFleetLimits, maxRotating: 1 };
const account = { gate: { soakMs: minutes(7) } };

/** All are adopted, and due by now; nothing has started. */
const adopted = async (): Promise<FleetStory> => {
  const story = new FleetStory({ fleet, accounts: 3, account, keyAgeMs: days(59) });
  await story.until(() => story.accounts.every((_, n) => story.record(n)?.state.phase === "idle"));
  story.world.timeline.to(story.world.timeline.now + days(2));
  return story;
};

describe("a process that crashes between the admission and the start", () => {
  it("leaves an entry behind, which keeps the limit and is removed once no driver can start it", async () => {
    const story = await adopted();
    const dying = story.start("p2", { fleet, death: { operation: "fleet.update", at: "after" } });
    void dying.ticker.tick();
    expect(await dying.died).toBe("after fleet.update");
    const [entry] = story.world.tables.fleet.state.rotating;
    expect(story.rotating).toEqual([]);
    const next = story.start("p3", { fleet });
    await story.round(next);
    expect(story.touched).toEqual([]);
    await story.round(next, minutes(15));
    await story.round(next);
    expect(story.touched.length).toBeGreaterThan(0);
    expect(story.rotating.length).toBeLessThanOrEqual(1);
    expect(story.world.tables.fleet.state.rotating).not.toContainEqual(entry);
  });

  it("leaves an entry behind that another account may replace once its own is paused", async () => {
    const story = await adopted();
    const dying = story.start("p2", { fleet, death: { operation: "fleet.update", at: "after" } });
    void dying.ticker.tick();
    await dying.died;
    const [entry] = story.world.tables.fleet.state.rotating;
    const next = story.start("p3", { fleet });
    const paused = next.app.accounts.find(entry?.account ?? "");
    if (paused === null) throw new Error("nothing was admitted");
    story.world.timeline.to(story.world.timeline.now + minutes(15));
    await story.world.product.operate(next.app, paused, { action: "pause", reason: "r", by: "operator:ada" });
    await story.until(() => story.touched.length === 2, next);
    expect(story.touched).not.toContain(paused.name);
  });
});

describe("an end of a rotation that the row does not know", () => {
  it("is found in the record: the next account starts", async () => {
    const story = new FleetStory({ fleet, accounts: 3, account });
    await story.until(() => story.rotating.length === 1);
    const { tables } = story.world;
    const [ended] = tables.fleet.state.rotating;
    await story.until(() => story.touched.length === 2);
    // As if the note of the end had been lost.
    const { state, etag } = tables.fleet;
    tables.fleet = { etag, state: { ...state, rotating: ended === undefined ? [] : [ended] } };
    await story.until(() => story.touched.length === 3);
    expect(tables.fleet.state.rotating).not.toContainEqual(ended);
  });

  it("is none while the record cannot be read: the limit is kept", async () => {
    const story = new FleetStory({ fleet, accounts: 2, account });
    await story.until(() => story.rotating.length === 1);
    const [rotating = ""] = story.rotating;
    story.world.tables.damage(rotating);
    await story.rounds(5);
    expect(story.touched).toHaveLength(1);
    story.world.tables.repair(rotating);
    await story.until(() => story.touched.length === 2);
  });
});

describe("an account that is taken out of the configuration while it rotates", () => {
  it("holds the others back no longer", async () => {
    const story = new FleetStory({ fleet, accounts: 3, account });
    await story.until(() => story.rotating.length === 1);
    const [rotating] = story.rotating;
    const next = story.start("p2", { fleet });
    await story.rounds(1, next);
    next.deploy(story.accounts.filter(({ name }) => name !== rotating));
    await story.until(() => story.touched.length === 2, next);
    expect(story.world.tables.fleet.state.rotating.map((entry) => entry.account)).not.toContain(rotating);
  });
});

describe("a row that was deleted", () => {
  it("is written anew by the rotations that are under way, before more than the limit has started twice", async () => {
    const story = new FleetStory({ fleet, accounts: 3, account });
    story.keysBreakApps = true;
    await story.until(() => story.rotating.length === 1);
    const before = story.rotating;
    story.world.tables.deleteFleet();
    await story.rounds(5);
    expect(story.world.tables.fleet.state.rotating.map((entry) => entry.account)).toEqual(
      expect.arrayContaining([...before]),
    );
    expect(story.rotating.length).toBeLessThanOrEqual(2);
  });
});
