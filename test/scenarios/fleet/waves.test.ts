import { noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";
import { days, hours, minutes } from "../../builders/time";
import { FleetStory } from "./fleet-story";

const quick = { gate: { soakMs: minutes(7) } };

describe("a fleet whose accounts are all due at once", () => {
  it("rotates two at a time until all have rotated, and says of the others what they wait for", async () => {
    const story = new FleetStory({ fleet: { ...noFleetLimits, maxRotating: 2 }, accounts: 6, account: quick });
    await story.until(() => story.rotating.length === 2);
    expect((await story.waiting()).filter((reason) => reason === "FleetLimit")).toHaveLength(4);
    await story.until(() => {
      expect(story.rotating.length).toBeLessThanOrEqual(2);
      return story.accounts.every(({ name }) => story.events(name).includes("RotationCompleted"));
    });
    expect(story.world.tables.fleet.state.rotating).toEqual([]);
  });

  it("rotates them all at once where nothing limits it, without a request for the fleet", async () => {
    const story = new FleetStory({ fleet: noFleetLimits, account: quick });
    const rotate = () => story.until(() => story.rotating.length === 4);
    expect(await story.requests(["fleet.read", "fleet.update"], rotate)).toBe(0);
  });

  it("holds back none on demand", async () => {
    const story = new FleetStory({ fleet: { ...noFleetLimits, maxRotating: 1 } });
    await story.until(() => story.rotating.length === 1);
    const [waiting] = story.accounts.filter(({ name }) => !story.rotating.includes(name));
    const config = story.first.app.accounts.find(waiting?.name ?? "");
    if (config === null) throw new Error("none waits");
    const demand = { reason: "key found in a log", retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };
    const { product } = story.world;
    expect(await product.rotateOnDemand(story.first.app, config, demand)).toMatchObject({ kind: "accepted" });
    expect(story.events(config.name)).toContain("KeyPublished");
    expect(story.rotating).toHaveLength(1);
  });

  it("raises no alarm for those that wait, until their secret has expired", async () => {
    const fleet = { ...noFleetLimits, maxRotating: 1 };
    const story = new FleetStory({ fleet, account: { expireAfterMs: days(62) } });
    const overdue = () => story.accounts.filter(({ name }) => story.events(name).includes("RotationOverdue")).length;
    story.keysBreakApps = true;
    await story.until(() => story.rotating.length === 1);
    await story.round(story.first, hours(12));
    expect(overdue()).toBe(0);
    await story.round(story.first, days(62));
    await story.round(story.first, minutes(5));
    expect(overdue()).toBe(3);
  });
});

describe("canaries", () => {
  it("complete before the others start", async () => {
    const fleet = { ...noFleetLimits, canaries: ["account-3"] };
    const story = new FleetStory({ fleet, account: quick });
    await story.until(() => story.rotating.length > 0);
    expect(story.rotating).toEqual(["account-3"]);
    expect(await story.waiting()).toEqual(["CanaryPending", "CanaryPending", expect.anything(), "CanaryPending"]);
    await story.until(() => story.touched.length > 1);
    expect(story.events("account-3")).toContain("RotationCompleted");
  });

  it("that break hold all others back", async () => {
    const story = new FleetStory({ fleet: { ...noFleetLimits, canaries: ["account-3"] }, account: quick });
    story.keysBreakApps = true;
    await story.rounds(12);
    expect(story.touched).toEqual(["account-3"]);
  });

  it("that completed before the fleet was configured count at once", async () => {
    const options = { fleet: noFleetLimits, accounts: 2, account: quick, keyAgeMs: days(59) };
    const story = new FleetStory(options);
    await story.until(() => story.record(1)?.state.phase === "idle");
    const config = story.first.app.accounts.find("account-2");
    if (config === null) throw new Error("there is no account-2");
    const demand = { reason: "r", retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };
    await story.world.product.rotateOnDemand(story.first.app, config, demand);
    await story.until(() => story.record(1)?.lastRotation?.outcome === "completed");
    const limited = story.start("p2", { fleet: { ...noFleetLimits, canaries: ["account-2"] } });
    await story.round(limited, days(2));
    await story.until(() => story.touched.includes("account-1"), limited);
    expect(story.rotating).toContain("account-1");
  });
});

describe("a blackout", () => {
  it("holds back every scheduled rotation until it ends, without a request for the fleet", async () => {
    const blackouts = [{ from: "2026-11-24T00:00:00.000Z", to: "2026-11-25T00:00:00.000Z", reason: "a release" }];
    const story = new FleetStory({ fleet: { ...noFleetLimits, blackouts }, account: quick });
    expect(await story.requests(["fleet.read", "fleet.update"], () => story.rounds(4))).toBe(0);
    expect(await story.waiting()).toEqual(["Blackout", "Blackout", "Blackout", "Blackout"]);
    await story.round(story.first, hours(14));
    expect(story.touched).toHaveLength(4);
  });
});
