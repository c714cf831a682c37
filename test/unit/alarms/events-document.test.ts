import { readFileSync } from "node:fs";
import path from "node:path";
import { TransientServiceError } from "../../../lib/errors";
import { alarmKinds, informationKinds, isAlarm } from "../../../lib/rotation/events/events";
import { days, hours, minutes } from "../../builders/time";
import { type Line, type Place, Rig } from "../../scenarios/alarms/rig";

const text = readFileSync(path.resolve(__dirname, "../../../docs/events.md"), "utf8");

const section = (mark: string, heading: string): string =>
  text.split(`\n${mark} ${heading}\n`)[1]?.split(new RegExp(`\n#{2,${mark.length}} `))[0] ?? "";

/** The cells of a table's rows, marks removed; the head is left out. */
const tableIn = (part: string): readonly (readonly string[])[] =>
  part
    .split("\n")
    .filter((row) => row.startsWith("| "))
    .slice(1)
    .map((row) =>
      row
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", ""))
        .slice(1, -1),
    );

const lineHeadings = [...text.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name ?? "");

interface Members {
  readonly always: readonly string[];
  readonly sometimes: readonly string[];
}

const membersOf = (part: string): Members => {
  const names = tableIn(part).map(([name = ""]) => name);
  return {
    always: names.filter((name) => !name.startsWith("(")),
    sometimes: names.filter((name) => name.startsWith("(")).map((name) => name.slice(1, -1)),
  };
};

const [eventsPart = "", membersPart = ""] = section("##", "Events").split("Members of such a line:");
const documentedLine = new Map(lineHeadings.map((name) => [name, membersOf(section("###", `\`${name}\``))]));
const documentedLevels = new Map(
  lineHeadings.map((name) => {
    const [first = ""] = section("###", `\`${name}\``).trim().split("\n");
    return [
      name,
      ["info", "warn", "error"].filter((level) =>
        new RegExp(`\\b${level}\\b`).test(first.split("At every run")[0] ?? ""),
      ),
    ];
  }),
);

const unavailable = () => new TransientServiceError({ operation: "Tables", statusCode: 503 });

/** Everything that goes wrong, one after the other, and a rotation, with the lines that come of it. */
const everyLine = async (): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  const tell = (rig: Rig): void => void lines.push(...rig.lines);

  const place = await new Rig().place({ remindEveryMs: minutes(30) }).adopt();
  const { rig } = place;
  await place.rotate();
  rig.receiver.reacts = () => 410;
  rig.faults.add("rotations.read", { when: "before", error: unavailable });
  await rig.tick();
  rig.faults.add("history.append", { when: "before", error: unavailable });
  await place.report({ healthy: false, detail: "403" });
  await rig.tick();
  await place.report();
  await rig.tick();
  rig.batch.deny("listKeys");
  await place.confirm();
  rig.batch.allow("listKeys");
  rig.faults.add("batch.regenerate", { when: "before", error: unavailable });
  await place.order("resume");
  await place.order("resume");
  rig.clock.advance(days(1));
  rig.faults.add("history.lastBefore", { when: "before", error: unavailable });
  await rig.ticking(hours(7));
  rig.rotations.damage("render-weu");
  await rig.tick();
  tell(rig);

  const dry = new Rig({ limits: { dryRun: true } });
  dry.place();
  await dry.tick();
  tell(dry);

  tell((await pulled()).rig);
  return [...lines, ...(await configurationInvalid())];
};

const pulled = async (): Promise<Place> => {
  const consumer = {
    name: "render-api",
    instances: 1,
    proof: "optional",
    healthUrl: "https://render.example/health",
  } as const;
  const place = new Rig().place({ gate: { consumers: [consumer] } });
  await place.rig.tick();
  place.rig.faults.add("signals.update", { when: "before", error: unavailable });
  await place.rig.tick();
  return place;
};

const configurationInvalid = async (): Promise<readonly Line[]> => {
  const rig = new Rig();
  rig.place();
  rig.wrongSettings = [{ at: "ROTATION_ACCOUNTS", problem: "is required" }];
  await rig.fireTimer();
  return rig.lines;
};

describe("the document of events", () => {
  const events = tableIn(eventsPart);

  it("names every kind of event once, alarms first, and none that there is not", () => {
    expect(events.map(([kind]) => kind)).toEqual([...alarmKinds, ...informationKinds]);
  });

  it("gives alarms the level error, and everything else info", () => {
    const levels = [...alarmKinds, ...informationKinds].map((kind) => [kind, isAlarm(kind) ? "error" : "info"]);
    expect(events.map(([kind, level]) => [kind, level])).toEqual(levels);
  });

  it("says of each when it comes", () => {
    expect(events.filter(([, , when = ""]) => when.length < 10)).toEqual([]);
  });
});

const isLine = ({ event }: Line): boolean => documentedLine.has(event);
const namesIn = ({ event: _event, level: _level, ...members }: Line): readonly string[] => Object.keys(members);

describe("the lines that are really logged", () => {
  let lines: readonly Line[];
  const kinds: readonly string[] = [...alarmKinds, ...informationKinds];

  beforeAll(async () => {
    lines = await everyLine();
  });
  afterAll(() => jest.restoreAllMocks());

  it("are all in the document", () => {
    expect(lines.filter((line) => !isLine(line) && !kinds.includes(line.event)).map(({ event }) => event)).toEqual([]);
  });

  it.each(lineHeadings.filter((name) => name !== "RequestFailed"))(
    "%s has the documented members and levels",
    (name) => {
      const found = lines.filter(({ event }) => event === name);
      expect(found).not.toEqual([]);
      const { always = [], sometimes = [] } = documentedLine.get(name) ?? {};
      for (const line of found) {
        const names = namesIn(line);
        expect(names.filter((member) => !sometimes.includes(member)).toSorted()).toEqual(always.toSorted());
        expect(documentedLevels.get(name)).toContain(line.level);
      }
    },
  );

  it("of events have the documented members and levels", () => {
    const documented = membersOf(membersPart).always;
    const found = lines.filter((line) => !isLine(line));
    expect(new Set(found.map(({ event }) => event)).size).toBeGreaterThan(8);
    for (const line of found) {
      const expected = documented.filter(
        (member) => member !== "event" && (member !== "kind" || line.event === "AlarmCleared"),
      );
      expect([line.event, namesIn(line).toSorted()]).toEqual([line.event, expected.toSorted()]);
      expect([line.event, line.level]).toEqual([
        line.event,
        kinds.indexOf(line.event) < alarmKinds.length ? "error" : "info",
      ]);
    }
  });

  it("hold neither the webhook's URL nor a key", () => {
    const everything = JSON.stringify(lines);
    expect(everything).not.toContain("not-for-the-log");
    expect(everything).not.toMatch(/[A-Za-z0-9+/]{86}/);
  });
});
