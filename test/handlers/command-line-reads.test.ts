import { aFleet } from "../builders/fleet";
import { days, minutes } from "../builders/time";
import { CommandLine, fetchOf } from "../rig/command-line";
import { adopted, openRig, published, type ServedRig } from "../rig/served-place";

const soakless = { gate: { soakMs: 0 } } as const;

let rig: ServedRig;
let line: CommandLine;
beforeEach(async () => {
  rig = await openRig();
  line = new CommandLine(rig);
});

const json = async (...args: readonly string[]): Promise<unknown> =>
  JSON.parse((await line.run([...args, "--output", "json"])).out);

describe("history", () => {
  test("shows a page, and how to get the older ones", async () => {
    const { at } = await adopted(rig, soakless);
    await at.order("pause", "one");
    await at.order("resume", "two");
    const ran = await line.run(["history", "render-weu", "--limit", "2"]);
    expect(ran.out).toMatch(/^AT +EVENT +BY +DETAIL\n\S+ +Resumed +operator:function-key +two\n\S+ +Paused .*one\n$/);
    const [before = ""] = /--before \d+/.exec(ran.err) ?? [];
    const older = await line.run(["history", "render-weu", ...before.split(" ")]);
    expect(older.out).toContain("Adopted");
    expect(older.out).not.toContain("Paused");
  });

  test("says whether it is whole, and ends with 3 where it is not", async () => {
    await adopted(rig, soakless);
    expect(await line.run(["history", "render-weu", "--verify"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d events, none missing or altered\n$/),
    });
    rig.tables.history.get("render-weu")?.splice(0, 1);
    expect(await line.run(["history", "render-weu", "--verify"])).toMatchObject({ code: 3 });
  });

  test("passes on what the app says about a wrong page", async () => {
    await adopted(rig, soakless);
    expect(await line.run(["history", "render-weu", "--limit", "0"])).toEqual({
      code: 1,
      out: "",
      err: expect.stringMatching(/InvalidRequest: .*\n {2}limit must be a whole number from 1 to 500\n$/),
    });
  });
});

describe("evidence", () => {
  test("is of the last rotation where none is named, as text and as JSON", async () => {
    const { at, vm } = await published(rig, soakless);
    await vm.refresh().report();
    const id = (await at.status()).lastRotation?.id;
    const { out } = await line.run(["evidence", "render-weu"]);
    expect(out).toMatch(new RegExp(`^Rotation ${id} of render-weu\\n[^]*\\nConfirmed by\\n`));
    expect(await json("evidence", "render-weu", String(id))).toMatchObject({ rotationId: id, outcome: "completed" });
  });

  test("says that there was no rotation, or none of this id", async () => {
    await adopted(rig, soakless);
    expect(await line.run(["evidence", "render-weu"])).toMatchObject({
      code: 1,
      err: "batch-key-rotator: render-weu has not rotated yet\n",
    });
    expect((await line.run(["evidence", "render-weu", "x/y"])).err).toContain("UnknownRotation: ");
  });
});

test("coverage lists accounts without a rotator, and those that could do without shared keys", async () => {
  await adopted(rig, soakless);
  expect(await line.run(["coverage"])).toMatchObject({ code: 0, out: expect.stringContaining("switched off: 0\n") });
  const resourceId = "/subscriptions/0/resourceGroups/r/providers/Microsoft.Batch/batchAccounts/old";
  const unprotected = [{ name: "old", reason: "NoTag", resourceId }];
  const switchable = [{ account: "render-weu", resourceId, since: "2026-10-01T00:00:00.000Z" }];
  const answer = { unprotected, switchable, checkedAt: "2026-11-01T00:00:00.000Z" };
  const ran = await line.run(["coverage"], { fetch: async () => Response.json(answer) });
  expect(ran.code).toBe(3);
  expect(ran.out).toMatch(/\nold +NoTag +\/subscriptions/);
  expect(ran.out).toMatch(/\nrender-weu +2026-10-01 00:00Z +/);
  expect(ran.out).toContain(`2. az resource update --ids ${resourceId} --set properties.allowedAuthenticationModes=`);
  expect(ran.out).toContain("--policy 6f68b69f-05fe-49cd-b361-777ee9ca7e35 --scope /subscriptions/0 ");
});

test("check tests one account or all, and ends with 3 where a right is missing", async () => {
  await adopted(rig, soakless);
  const { code, out } = await line.run(["check", "render-weu"]);
  expect(out).toMatch(/^render-weu\nOK +CHECK +DETAIL\n/);
  expect(out).toMatch(/\nnext: nothing before \d{4}-/);
  expect(code).toBe(0);
  expect(await json("check")).toMatchObject({ accounts: [{ account: "render-weu" }] });
  const failed = { check: "listKeys", ok: false, detail: "Forbidden", remedy: "grant the role" };
  const answer = { account: "render-weu", checks: [failed], next: "wait" };
  const ran = await line.run(["check", "render-weu"], { fetch: async () => Response.json(answer) });
  expect(ran).toMatchObject({
    code: 3,
    out: expect.stringMatching(/\nNO +listKeys +Forbidden\n[^]*do:\n {2}listKeys: grant/),
  });
});

test("readers lists who reads the secret", async () => {
  const reader = { identity: "11111111", resource: "/sites/web", version: "4f2c8a1d9b3e", reads: 12, consumer: null };
  const readers = [{ ...reader, lastAt: "2026-11-27T09:00:00.000Z" }];
  const through = "2026-11-27T09:30:00.000Z";
  const answer = { readers, through, omitted: 2, incomplete: "only a part of the log was read", problem: null };
  expect(await line.run(["readers", "render-weu"], { fetch: async () => Response.json(answer) })).toEqual({
    code: 0,
    out: expect.stringMatching(/\nunknown +\/sites\/web +4f2c8a1d +2026-11-27 09:00Z +12\n$/),
    err:
      "as the log shows it up to 2026-11-27T09:30:00.000Z\nat least 2 more are not shown\n" +
      "only a part of the log was read\n",
  });
});

test("open prints the page's address without its key; on a terminal the browser gets the key", async () => {
  const env = { ROTATOR_KEY_DASHBOARD: "key-of-the-dashboard" };
  expect(await line.run(["open"], { env })).toEqual({ code: 0, out: "https://rotator.test/api/dashboard\n", err: "" });
  expect(line.opened).toEqual([]);
  const ran = await line.run(["open"], { env, terminal: true });
  expect(ran.out + ran.err).not.toContain("key-of-the-dashboard");
  expect(line.opened).toEqual(["https://rotator.test/api/dashboard?code=key-of-the-dashboard"]);
});

test("resume-fleet says how many accounts wait for it, and shows why the app refuses", async () => {
  await adopted(rig, soakless);
  const ran = await line.run(["resume-fleet", "--reason", "corrected", "--yes"]);
  expect(ran).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^resume-fleet: 0 accounts wait[^]*FleetNotStopped: /),
  });
});

test("resume-fleet sends the stop that it has shown, and nothing where another rotation has failed since", async () => {
  rig.fleet = aFleet({ breaker: { failures: 1, withinMs: days(30) } });
  await adopted(rig, soakless);
  await rig.failInFleet("another");
  const order = ["resume-fleet", "--reason", "corrected"];
  const dry = await line.run([...order, "--dry-run", "--output", "json"]);
  expect(dry.err).toContain("another was rolled back");
  expect(JSON.parse(dry.out)).toMatchObject({ body: { stoppedUntil: expect.stringMatching(/Z$/) } });
  rig.clock.advance(minutes(1));
  const late = await line.run(order, {
    terminal: true,
    answers: ["y"],
    fetch: async (url, init) => {
      if (init.method === "POST") await rig.failInFleet("a third");
      return fetchOf(rig)(url, init);
    },
  });
  expect(late).toMatchObject({
    code: 1,
    err: expect.stringContaining("PreconditionFailed: the fleet is stopped until"),
  });
  expect(await line.run([...order, "--yes"])).toMatchObject({ code: 0, out: "the fleet goes on\n" });
});

describe("watch", () => {
  test("without a terminal prints each change as one line, and Ctrl-C ends it with 0", async () => {
    const { vm } = await published(rig, soakless);
    const ran = await line.run(["watch"], { waits: [async () => undefined, () => vm.refresh().report()] });
    expect(ran.code).toBe(0);
    expect(ran.out.split("\n")).toEqual([
      expect.stringMatching(/Z {2}render-weu {2}published {2}waits for an app {2}OnPreviousKey {2}/),
      expect.stringMatching(/Z {2}render-weu {2}idle {2}idle {2}- {2}every app is on the published key/),
      "",
    ]);
  });

  test("on a terminal draws the whole status again", async () => {
    await published(rig, soakless);
    const ran = await line.run(["watch", "render-weu"], { terminal: true, waits: [async () => undefined] });
    // oxlint-disable-next-line no-control-regex -- it is what is sent to the terminal
    expect(ran.out.match(/\u001B\[H\u001B\[2J/g)).toHaveLength(2);
  });

  test("goes on after an answer that failed, and ends where the caller is refused", async () => {
    await adopted(rig, soakless);
    let calls = 0;
    const fetch: ReturnType<typeof fetchOf> = async (url, init) => {
      calls += 1;
      if (calls === 1) throw new TypeError("fetch failed", { cause: { code: "ETIMEDOUT" } });
      return calls === 2 ? fetchOf(rig)(url, init) : new Response("", { status: 401 });
    };
    const waits = [async () => undefined, async () => rig.clock.advance(minutes(1)), async () => undefined];
    const ran = await line.run(["watch"], { fetch, waits });
    expect(ran).toMatchObject({ code: 1, out: expect.stringMatching(/render-weu/) });
    expect(ran.err).toMatch(/^https:\/\/rotator.test\/api does not answer: ETIMEDOUT\n.*refuses the caller \(401\)/);
  });
});
