import { OperatorNeededError, TransientServiceError } from "../../lib/errors";
import { days, hours, minutes } from "../builders/time";
import type { Process } from "../fakes/world/process";
import { anIdleStory, type Story } from "./story";

const facts = { operation: "Tables query entities" };
const passing = new TransientServiceError({ ...facts, code: "TableBeingDeleted" });
const lasting = new OperatorNeededError("Forbidden", facts, "grant the role");

/** A process that cannot read what consumers have reported. */
const withoutReports = (story: Story, error: TransientServiceError | OperatorNeededError): Process => {
  const process = story.start("p2");
  const { ports } = process.app;
  const list = (): Promise<never> => Promise.reject(error);
  const signals = Object.assign(Object.create(ports.signals), { list });
  process.ports = { ...ports, signals };
  process.deploy([story.config]);
  return process;
};

/** A rotation of a leaked key that waits at its gate. */
const published = async (): Promise<Story> => {
  const { story } = await anIdleStory({ account: { rotateEveryMs: days(90) } });
  await story.demand({ retireAfterMs: hours(1) });
  expect(story.phase).toBe("published");
  return story;
};

describe("while the reports of the consumers cannot be read", () => {
  it.each([
    ["passing", passing],
    ["lasting", lasting],
  ])("a dead published key is repaired all the same (a %s failure)", async (_name, error) => {
    const story = await published();
    const process = withoutReports(story, error);
    story.regenerateManually("secondary");
    await story.passes(minutes(5));
    await story.tick(process);
    expect(story.published).toBe("secondary");
    await story.passes(minutes(5));
    await story.tick(process);
    expect(story.record.failure).not.toBeNull();
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it.each([
    ["RotationStalled", passing],
    ["RotationBlocked", lasting],
  ])("an alarm says that the rotation does not move on: %s", async (kind, error) => {
    const story = await published();
    const process = withoutReports(story, error);
    for (let hour = 0; hour < 30; hour++) {
      await story.passes(hours(1));
      await story.tick(process);
    }
    expect(story.phase).toBe("published");
    expect(story.record.publishing.alarms.map((alarm) => alarm.kind)).toContain(kind);
  });

  it("the alarm about an unhealthy consumer is neither ended nor repeated before its time", async () => {
    const story = await published();
    const app = story.app("vm-2");
    app.healthy = false;
    await story.reports(app);
    await story.tick();
    expect(story.events.slice(-1)).toEqual(["ConsumerUnhealthy"]);
    await story.passes(minutes(5));
    await story.tick(withoutReports(story, passing));
    expect(story.events).not.toContain("AlarmCleared");
    expect(story.record.publishing.alarms.map((alarm) => alarm.kind)).toEqual(["ConsumerUnhealthy"]);
  });
});
