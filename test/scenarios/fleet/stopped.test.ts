import { noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";
import { days, hours, minutes } from "../../builders/time";
import { FleetStory } from "./fleet-story";

const fleet = { ...noFleetLimits, maxRotating: 2, breaker: { failures: 2, withinMs: days(1) } };
const account = { gate: { soakMs: 0, rollbackWhenUnhealthyForMs: minutes(10) } };

const aStoppedFleet = async (): Promise<FleetStory> => {
  const story = new FleetStory({ fleet, accounts: 8, account });
  story.keysBreakApps = true;
  await story.rounds(12);
  return story;
};

const alarms = (story: FleetStory): readonly string[] =>
  story.world.tables.notices.get(null)?.notice.alarms.map(({ kind }) => kind) ?? [];

describe("a fleet in which every new key breaks its app", () => {
  it("touches no more accounts than failures and maxRotating, and raises one alarm", async () => {
    const story = await aStoppedFleet();
    expect(story.touched.length).toBeLessThanOrEqual(4);
    expect(alarms(story)).toEqual(["FleetStopped"]);
    expect((await story.waiting()).filter((reason) => reason === "FleetStopped").length).toBeGreaterThanOrEqual(4);
    expect(story.accounts.filter(({ name }) => story.events(name).includes("RotationOverdue"))).toEqual([]);
  });

  it("goes on when an operator resumes it, says who did, and clears the alarm", async () => {
    const story = await aStoppedFleet();
    const announced: unknown[] = [];
    const logged = jest.spyOn(story.first.app.ports.log, "write");
    story.keysBreakApps = false;
    const { resumeFleet } = story.world.product;
    const request = { reason: "the apps read the key again", by: "operator:ada" };
    expect(await resumeFleet(story.first.app, request)).toEqual({ kind: "done" });
    for (const [, line] of logged.mock.calls) announced.push([line.event, line["by"]]);
    expect(announced).toContainEqual(["FleetResumed", "operator:ada"]);
    expect(announced).toContainEqual(["AlarmCleared", "schedule"]);
    expect(alarms(story)).toEqual([]);
    const before = story.touched.length;
    await story.rounds(8);
    expect(story.touched.length).toBeGreaterThan(before);
    expect(await resumeFleet(story.first.app, request)).toMatchObject({ kind: "refused", reason: "FleetNotStopped" });
    expect(story.world.tables.fleet.state.resumed?.announced).toBe(true);
  });

  it("goes on by itself when its failures are older than the breaker's time", async () => {
    const story = await aStoppedFleet();
    const before = story.touched.length;
    story.keysBreakApps = false;
    await story.round(story.first, hours(25));
    await story.rounds(3);
    expect(story.touched.length).toBeGreaterThan(before);
    expect(alarms(story)).toEqual([]);
  });

  it("stays stopped for another process that has just started", async () => {
    const story = await aStoppedFleet();
    const before = story.touched;
    await story.rounds(3, story.start("p2"));
    expect(story.touched).toEqual(before);
  });
});

describe("a row of the fleet that cannot be read", () => {
  it("starts nothing until an operator resumes the fleet, and raises the alarm", async () => {
    const story = new FleetStory({ fleet, account });
    story.world.tables.damageFleet();
    await story.rounds(3);
    expect(story.touched).toEqual([]);
    expect(alarms(story)).toEqual(["FleetStopped"]);
    expect(await story.waiting()).toEqual(["FleetStopped", "FleetStopped", "FleetStopped", "FleetStopped"]);
    await story.world.product.resumeFleet(story.first.app, { reason: "r", by: "operator:ada" });
    await story.round();
    expect(story.touched).toHaveLength(2);
  });
});

describe("a canary that is no account", () => {
  it("raises the alarm, and the others say that they wait for it", async () => {
    const story = new FleetStory({ fleet: { ...noFleetLimits, canaries: ["typo"] }, account });
    await story.rounds(3);
    expect(alarms(story)).toEqual(["FleetStopped"]);
    expect(story.touched).toEqual([]);
    expect((await story.status(0)).waitingFor?.detail).toContain("canary typo");
  });
});
